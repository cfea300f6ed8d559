import { readFile } from 'node:fs/promises';
import { createSyncClient } from 'syncline';
import type { SyncServer } from 'syncline/server';
import { memoryStorage } from 'syncline/storage/memory';
import { loopbackTransport } from 'syncline/transport/loopback';
import { device, entities, piece, type Piece } from './piece.js';
import { readPieces, rowsMax } from './rows.js';

/** More than the defaults: a whole catalogue travels as one transaction, so that it is there whole or not at all. */
export const importLimits = { operationsPerPush: rowsMax + 1, requestBytes: 16 * 1024 * 1024 };

/** The pieces of a `.json` or `.csv` file. Rejects with `BadRows`, or with what the file system said. */
export async function readPieceFile(file: string | URL): Promise<Piece[]> {
  const text = await readFile(file, 'utf8');
  return readPieces(text, String(file).toLowerCase().endsWith('.csv') ? 'csv' : 'json');
}

/**
 * Writes pieces as a device of their own does, in one transaction; pieces that are there already stay as they are.
 * `source` is what the devices will call it.
 */
export async function importPieces(
  server: SyncServer,
  pieces: readonly Piece[],
  source: string,
): Promise<{ readonly added: number; readonly present: number }> {
  await using client = await createSyncClient({
    entities,
    storage: memoryStorage(),
    transport: loopbackTransport(server, { identity: { id: source } }),
    auto: false,
    outbox: { batchCount: importLimits.operationsPerPush, batchBytes: importLimits.requestBytes / 2 },
  });
  await client.sync();
  const present = new Set((await client.collection(piece).list()).map(({ id }) => id));
  const missing = pieces.filter(({ id }) => !present.has(id));
  if (missing.length > 0) {
    await client.transaction((tx) => {
      tx.collection(device).create({ id: client.replica, name: source });
      for (const each of missing) tx.collection(piece).create(each);
    });
    await client.sync();
    const [refused] = client.outbox.deadLetters();
    if (refused !== undefined) throw new Error(refused.error?.message ?? 'the server refused the import');
  }
  return { added: missing.length, present: pieces.length - missing.length };
}
