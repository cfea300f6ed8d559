import type { LogDevice } from 'syncline';
import { Handle } from '../../shared/idb/handle.js';
import type { IdbSetup } from '../../shared/idb/options.js';
import { openLog, type LogDatabase } from './connection.js';
import { addEntry, readLog, replaceSnapshot, ticketAt, type StoredEntry } from './log.js';

/** What `idbDevice` says. */
export function createDevice(setup: IdbSetup): LogDevice {
  const handle = new Handle(setup, (events) => openLog(setup, events));
  /** What the tickets of this device's appends begin with. */
  const writer = setup.runtime.uuid().slice(-8);
  let appends = 0;
  return {
    open: (signals = {}) =>
      handle.open({
        rung: () => signals.appended?.(),
        lost: (reason) => signals.lost?.(reason),
        closed: (reason) => signals.closed?.(reason),
      }),
    read: (after) => handle.run('reading', (database) => readLog(database, after)),
    append(payload, { after }) {
      const entry: StoredEntry = [`${writer}.${appends++}`, payload, after];
      return handle.run('writing', async (database, again) => {
        const added = await add(database, entry, setup.durability, again);
        if (added) handle.ring();
        return added;
      });
    },
    compact: (snapshot, upTo) =>
      handle.run('compacting', async (database) => {
        // Each round lost means that another tab's snapshot went through.
        let outcome = await replaceSnapshot(database, snapshot, upTo);
        while (outcome === 'cleared') outcome = await replaceSnapshot(database, snapshot, upTo);
        return outcome === 'replaced';
      }),
    close: () => handle.close(),
    destroy: () => handle.destroy(),
  };
}

/** An append that was repeated may find itself: the connection was lost after the commit. */
async function add(
  database: LogDatabase,
  entry: StoredEntry,
  durability: IDBTransactionDurability,
  again: boolean,
): Promise<boolean> {
  if (await addEntry(database, entry, durability)) return true;
  const [ticket, , after] = entry;
  return again && (await ticketAt(database, after + 1)) === ticket;
}
