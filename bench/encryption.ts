import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageAdapter, StorageLayout } from 'syncline';
import { encryptedStorage } from 'syncline/storage/encrypted';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { sqliteStorage } from 'syncline/storage/sqlite';
import { spreadOf, type Spread } from './statistics.js';

const layout: StorageLayout = { notes: { indexes: { due: '/due' } } };
const sizes = [200, 2_000];
const batches = 20;
const rowsPerBatch = 100;
const rowCount = batches * rowsPerBatch;
const key = new Uint8Array(32).fill(1);

/** Time for one row of each kind of work, µs. */
interface Times {
  readonly write: number;
  readonly read: number;
  readonly again: number;
}

const works = {
  write: 'write, 100 rows a commit',
  read: 'open, and read all',
  again: 'read all again',
} as const;

/**
 * What encryption adds to a storage: the same rows, written and read plain and encrypted, in turn, in one process. Gives
 * the rows of a Markdown table.
 */
export async function encryptionTable(rounds: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'syncline-bench-'));
  try {
    const lines = [
      '| storage | row | work | plain, µs a row | encrypted, µs a row | ratio |',
      '| --- | --- | --- | --- | --- | --- |',
    ];
    for (const [name, fresh] of Object.entries(storages(folder))) {
      for (const bytes of sizes) {
        const times: { plain: Times[]; sealed: Times[] } = { plain: [], sealed: [] };
        for (let round = -1; round < rounds; round++) {
          const plain = await timesOf(fresh(), bytes);
          const below = fresh();
          const sealed = await timesOf(() => encryptedStorage(below(), { key }), bytes);
          // The first round warms up.
          if (round >= 0) {
            times.plain.push(plain);
            times.sealed.push(sealed);
          }
        }
        lines.push(...rowsOf(`| ${name} | ${bytes.toLocaleString('en')} B`, times));
      }
    }
    return lines.join('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** By name: makes a store, and then any number of storages over it. */
function storages(folder: string): Record<string, () => () => StorageAdapter> {
  let files = 0;
  return {
    memory() {
      const store = createMemoryStore();
      return () => memoryStorage({ store });
    },
    'SQLite file': () => {
      const file = join(folder, `${files++}.db`);
      return () => sqliteStorage({ database: () => new Database(file) });
    },
  };
}

async function timesOf(create: () => StorageAdapter, bytes: number): Promise<Times> {
  const writer = create();
  await writer.open(layout);
  const text = 'x'.repeat(bytes - 20);
  const write = await timePerRow(async () => {
    for (let batch = 0; batch < batches; batch++) {
      await writer.commit(
        Array.from({ length: rowsPerBatch }, (_, at) => {
          const due = batch * rowsPerBatch + at;
          return { table: 'notes', id: `note ${due}`, value: { due, text } };
        }),
      );
    }
  });
  await writer.close();

  const reader = create();
  const scan = () => reader.scan('notes', { index: 'due' });
  const read = await timePerRow(async () => {
    await reader.open(layout);
    await scan();
  });
  const again = await timePerRow(scan);
  await reader.close();
  return { write, read, again };
}

async function timePerRow(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return ((performance.now() - start) * 1_000) / rowCount;
}

function rowsOf(start: string, times: { readonly plain: Times[]; readonly sealed: Times[] }): string[] {
  return (Object.keys(works) as (keyof Times)[]).map((work) => {
    const plain = times.plain.map((each) => each[work]);
    const sealed = times.sealed.map((each) => each[work]);
    const ratios = sealed.map((each, at) => each / (plain[at] ?? NaN));
    return `${start} | ${works[work]} | ${inText(spreadOf(plain))} | ${inText(spreadOf(sealed))} | ${inText(spreadOf(ratios))} |`;
  });
}

function inText({ median, min, max }: Spread): string {
  const digits = (value: number) => String(Number(value.toPrecision(2)));
  return `${digits(median)} (${digits(min)} to ${digits(max)})`;
}
