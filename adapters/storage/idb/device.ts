import type { LogContents, LogDevice, LogSignals } from 'syncline';
import { Handle } from '../../shared/idb/handle.js';
import type { IdbSetup } from '../../shared/idb/options.js';
import { openLog, type LogDatabase } from './connection.js';
import { addEntry, readLog, replaceSnapshot, ticketAt, type StoredEntry } from './log.js';

export class IdbDevice implements LogDevice {
  readonly #durability: 'strict' | 'relaxed';
  readonly #handle: Handle<LogDatabase>;
  /** What the tickets of this device's appends begin with. */
  readonly #writer: string;
  #appends = 0;

  constructor(setup: IdbSetup) {
    this.#durability = setup.durability;
    this.#handle = new Handle(setup, (events) => openLog(setup, events));
    this.#writer = setup.runtime.uuid().slice(-8);
  }

  open(signals: LogSignals = {}): Promise<void> {
    return this.#handle.open({
      rung: () => signals.appended?.(),
      lost: (reason) => signals.lost?.(reason),
      closed: (reason) => signals.closed?.(reason),
    });
  }

  read(after: number): Promise<LogContents> {
    return this.#handle.run('reading', (database) => readLog(database, after));
  }

  append(payload: string, { after }: { readonly after: number }): Promise<boolean> {
    const entry = [`${this.#writer}.${this.#appends++}`, payload, after] as const;
    return this.#handle.run('writing', async (database, again) => {
      const added = await this.#add(database, entry, again);
      if (added) this.#handle.ring();
      return added;
    });
  }

  compact(snapshot: readonly string[], upTo: number): Promise<boolean> {
    return this.#handle.run('compacting', async (database) => {
      // Each round lost means that another tab's snapshot went through.
      let outcome = await replaceSnapshot(database, snapshot, upTo);
      while (outcome === 'cleared') outcome = await replaceSnapshot(database, snapshot, upTo);
      return outcome === 'replaced';
    });
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  destroy(): Promise<void> {
    return this.#handle.destroy();
  }

  /** An append that was repeated may find itself: the connection was lost after the commit. */
  async #add(database: LogDatabase, entry: StoredEntry, again: boolean): Promise<boolean> {
    if (await addEntry(database, entry, this.#durability)) return true;
    const [ticket, , after] = entry;
    return again && (await ticketAt(database, after + 1)) === ticket;
  }
}
