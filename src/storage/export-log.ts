import type { LogContents, LogDevice } from '../contracts/log-device.js';
import type { StoredRow } from '../contracts/storage.js';
import { quarantineTable, Resident } from './resident.js';
import { unseal } from './seal.js';

/** What a log holds, as plain JSON. */
export interface LogExport {
  /** Rows by table: all tables, those that only other releases know included. */
  readonly tables: Readonly<Record<string, readonly StoredRow[]>>;
  /** What could not be read, and where it lies. Without `text` it is not there at all. */
  readonly unreadable: readonly { readonly place: string; readonly text?: string }[];
}

/**
 * Everything that can be read of a log, for a client that cannot be opened over it any more: entries are damaged, or a
 * newer release wrote them. Changes nothing, needs no layout, and closes the device.
 *
 * Rejects as `device.open` does: what is no log at all, or one of a newer layout, cannot be read.
 *
 * @example
 * ```ts
 * import { exportLog } from 'syncline';
 * import { memoryDevice } from 'syncline/storage/memory';
 *
 * const { tables, unreadable } = await exportLog(memoryDevice());
 * console.log(JSON.stringify({ tables, unreadable }));
 * ```
 */
export async function exportLog(device: LogDevice): Promise<LogExport> {
  try {
    await device.open();
    return exportContents(await device.read(0));
  } finally {
    await device.close();
  }
}

function exportContents({ snapshot, entries }: LogContents): LogExport {
  const newer = new Map<string, string>();
  const read = (text: string) => {
    if (isKnown(text)) return text;
    const unknown = `?${text.slice(1)}`;
    newer.set(unknown, text);
    return unknown;
  };
  const resident = new Resident({});
  const { damages } = resident.take({
    ...(snapshot && { snapshot: { ...snapshot, chunks: snapshot.chunks.map(read) } }),
    entries: entries.map(({ position, payload }) => ({ position, payload: read(payload) })),
  });
  const places = new Set(damages.map(({ place }) => place));
  const tables = Array.from(resident.tables(), ([name, { rows }]) => [
    name,
    [...rows.values()].filter(({ id }) => !places.has(id) || name !== quarantineTable),
  ]);
  const unreadable = damages.map(({ place, text }) => ({
    place,
    ...(text !== undefined && { text: newer.get(text) ?? text }),
  }));
  return { tables: Object.fromEntries(tables) as LogExport['tables'], unreadable };
}

/** False for a text that a newer release has sealed. */
function isKnown(text: string): boolean {
  try {
    unseal(text);
    return true;
  } catch {
    return false;
  }
}
