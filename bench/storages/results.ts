import { join } from 'node:path';
import { root } from '../../scripts/entries.js';
import type { Finding } from '../findings.js';
import { cellsOf, markdownTable } from '../report.js';
import { surroundingsOf, writtenBy, write, type Surroundings } from '../results.js';
import type { StorageRun } from './run.js';

/** Writes the figures for machines, and the page about them for people; into `folder`, or to their places. */
export async function writeStorageResults(
  findings: readonly Finding[],
  { load, rounds }: StorageRun,
  folder: string | undefined,
): Promise<void> {
  const surroundings = await surroundingsOf({ records: load.records, rounds });
  const [json, page] =
    folder === undefined
      ? ['bench/storages.json', 'docs/storage-benchmarks.md'].map((path) => join(root, path))
      : ['storages.json', 'storage-benchmarks.md'].map((path) => join(folder, path));
  await write(json!, `${JSON.stringify({ ...surroundings, findings }, null, 2)}\n`);
  await write(page!, pageOf(findings, surroundings));
}

function pageOf(findings: readonly Finding[], surroundings: Surroundings): string {
  const { rounds, records } = surroundings;
  return `# Benchmarks of the storages

${writtenBy(surroundings)}

Each storage is held against what it stands on, used as directly as can be, in the same process or page and in turns, in each
of ${rounds} rounds after one that warms up. A figure is the median of the rounds; a ratio is taken within each round, and its
least and greatest are given. Compare ratios: times belong to this machine, and to what else it was doing.

${markdownTable(cellsOf(findings).map((cells) => cells.slice(0, -1)))}

A store has one table with one index, and ${records.toLocaleString('en')} records of about 215 bytes. **single** is the median of writes
that are awaited one after the other, in slices that alternate; **bulk** is one commit into an empty store; **scan** gives all
records as objects, in the order of their ids.

- **memory**: to a \`Map\` of JSON texts. A scan of ours parses nothing, for its rows are objects already.
- **file**: to lines appended to a file, with one \`fdatasync\` for each write, and read back as a whole.
- **sqlite**: to prepared statements of \`libsql\` over a table with one index, in WAL mode with \`synchronous = FULL\` on both sides.
  Ours writes the row, the commit with what it moved, and reads what others did, in one transaction.
- **idb** and **idb-rows**: to one \`put\` per record in a store with one index, with relaxed durability on both sides, in a real
  Chromium with a profile on disk.
`;
}
