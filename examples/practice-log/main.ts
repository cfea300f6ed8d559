import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { serveNode } from 'syncline/host/node';
import { runCheck } from './check.js';
import { importPieces, readPieceFile } from './import.js';
import type { Piece } from './piece.js';
import { BadRows } from './rows.js';
import { createDemoServer } from './server.js';
import { buildSite, siteMiddleware } from './site.js';

const usage = `npm run demo -- [options]

  --port NUMBER   default 4477; 0: a free one
  --data FOLDER   where the server keeps its database; default examples/practice-log/.data
  --import FILE   pieces of your own, as .json or .csv, instead of the catalogue
  --check         the story in the terminal, without a browser; exit code 0 when all sides end equal
  --help          this text`;

/** What went wrong, in words for whoever started the demo. */
class Complaint extends Error {}

try {
  await main();
} catch (error) {
  console.error(error instanceof Complaint ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) return console.log(usage);
  const pieces = await read(options.file);
  if (options.check) {
    process.exitCode = await runCheck(pieces, (line) => console.log(line));
    return;
  }
  await serve(options, pieces);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '4477' },
        data: { type: 'string', default: fileURLToPath(new URL('.data', import.meta.url)) },
        import: { type: 'string' },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error(`'${values.port}' is no port`);
    return { port, data: values.data, file: values.import, check: values.check, help: values.help };
  } catch (error) {
    throw new Complaint(`${messageOf(error)}\n\n${usage}`);
  }
}

async function read(file: string | undefined): Promise<Piece[]> {
  try {
    return await readPieceFile(file ?? new URL('catalogue.json', import.meta.url));
  } catch (error) {
    const reason = error instanceof BadRows ? listOf(error.problems) : messageOf(error);
    throw new Complaint(`Nothing was imported from ${file ?? 'the catalogue'}:\n${reason}`);
  }
}

async function serve({ port, data, file }: ReturnType<typeof readOptions>, pieces: Piece[]): Promise<void> {
  const site = await buildSite();
  await mkdir(data, { recursive: true });
  const { server, store } = createDemoServer(join(data, 'practice.db'));
  const host = await serveNode(server, { port, middleware: siteMiddleware(site) }).catch(
    async (error: unknown) => {
      await server.close();
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      throw isTaken ? new Complaint(`Port ${port} is in use. Choose another one with --port.`) : error;
    },
  );
  const stop = async () => {
    console.log('Closing.');
    await host.close();
    await server.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());

  const isNew = (await store.bounds('default')).head === 0;
  if (file !== undefined || isNew) {
    const { added, present } = await importPieces(
      server,
      pieces,
      file === undefined ? 'Catalogue' : 'Your file',
    );
    console.log(`Imported ${added} pieces${present === 0 ? '' : `; ${present} were there already`}.`);
  }
  console.log(`Practice log: ${host.url}\nPress Ctrl+C to stop.`);
}

function listOf(problems: readonly string[]): string {
  const shown = problems.slice(0, 20).map((problem) => `  ${problem}`);
  return [...shown, ...(problems.length > 20 ? [`  and ${problems.length - 20} more`] : [])].join('\n');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
