import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { kits, subjects, type Kit } from '../test/adapters/subjects/index.js';
import type { Subject } from '../test/adapters/subjects/subject.js';
import { root } from './entries.js';

/** What a case came to, by subject and case. */
export type Outcomes = (subject: Subject, name: string) => 'passed' | 'failed' | undefined;

const path = join(root, 'docs/conformance.md');

const introduction = `# Conformance

Each contract has a kit in \`syncline/testing\`: cases, as \`{ name, run(setup) }\`, which run under any test runner or none. What is
written down here is held to them, in every test run; a kit is itself tested against implementations that are broken in one
place each, and the case that catches each of them is named. Your own are held to the same by a loop:

\`\`\`ts
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { storageCases } from 'syncline/testing';

for (const { name, run } of storageCases) {
  console.log(name); // the last one that is printed is the one that failed
  const store = createMemoryStore();
  await run(() => memoryStorage({ store })); // yours here
}
\`\`\`

The guides name the rule behind each case: [a storage](write-a-storage-adapter.md), [a transport](write-a-transport.md), [a
server store](write-a-server-store.md). Servers in another language are held to the [protocol](protocol.md) by \`wireCases\`.

The tables are written by \`npx tsx scripts/conformance-table.ts\` from a run under Node: ✓ passed, ✗ failed, – not promised.
`;

/** The page, with a table for each kit: a row for each case, a column for each subject. */
export function conformancePage(outcomes: Outcomes): string {
  const sections = Object.entries(kits).map(([name, kit]) => {
    const held = subjects.filter((subject) => subject.kit === name);
    return `## ${kit.title}\n\n${figures(kit, held)}\n\n${table(kit, held, outcomes)}\n`;
  });
  return [introduction, ...sections].join('\n');
}

function figures({ lists }: Kit, held: readonly Subject[]): string {
  const cases = Object.entries(lists).map(([name, list]) => `${list.length} in \`${name}\``);
  const legend = held.map(({ name }, at) => `- **${letter(at)}** ${name}`);
  return `Cases: ${cases.join(', ')}.\n\n${legend.join('\n')}`;
}

function table({ lists }: Kit, held: readonly Subject[], outcomes: Outcomes): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const names = Object.values(lists).flatMap((list) => list.map(({ name }) => name));
  const marks = { passed: '✓', failed: '✗' };
  return [
    row(['case', ...held.map((_, at) => letter(at))]),
    row(['---', ...held.map(() => ':-:')]),
    ...names.map((name) =>
      row([
        name,
        ...held.map((subject) => {
          const outcome = outcomes(subject, name);
          return outcome === undefined ? '–' : marks[outcome];
        }),
      ]),
    ),
  ].join('\n');
}

function letter(at: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + at);
}

/** Runs everything, and says what came of it. */
async function run(): Promise<Outcomes> {
  const failed = new Set<string>();
  const keyOf = (subject: Subject, name: string) => `${subject.kit}: ${subject.name}: ${name}`;
  for (const subject of subjects) {
    for (const { name, run } of subject.cases) {
      await run().catch((error: unknown) => {
        failed.add(keyOf(subject, name));
        console.error(keyOf(subject, name), error);
      });
    }
    console.log(`${subject.kit}: ${subject.name}: ${subject.cases.length} cases`);
  }
  if (failed.size > 0) process.exitCode = 1;
  return (subject, name) => {
    if (!subject.cases.some((one) => one.name === name)) return undefined;
    return failed.has(keyOf(subject, name)) ? 'failed' : 'passed';
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const page = conformancePage(await run());
  const isNew = page !== readFileSync(path, { encoding: 'utf8', flag: 'a+' });
  writeFileSync(path, page);
  console.log(isNew ? 'docs/conformance.md was written anew' : 'docs/conformance.md was up to date');
}
