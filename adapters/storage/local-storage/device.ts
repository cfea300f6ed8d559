import { SyncError, type LogContents, type LogDevice, type LogSignals, type Runtime } from 'syncline';
import { toStorageError } from './failure.js';
import { LogArea, removedMark, type Pointer } from './log-area.js';
import type { AreaEvents, KeyValueArea, TabLocks } from './surroundings.js';
import { Turns } from './turns.js';

export interface DeviceSetup {
  readonly name: string;
  readonly area: () => KeyValueArea | undefined;
  readonly locks: () => TabLocks | undefined;
  readonly events: () => AreaEvents | undefined;
  readonly limitMs: number;
  readonly runtime: Pick<Runtime, 'setTimer' | 'uuid'>;
}

export class LocalStorageDevice implements LogDevice {
  readonly #setup: DeviceSetup;
  #signals: LogSignals = {};
  #log: LogArea | undefined;
  #turns: Turns | undefined;
  #events: AreaEvents | undefined;
  /** Of the log that was opened. */
  #epoch: string | undefined;
  /** Why no call can succeed any more. */
  #over: SyncError | undefined = new SyncError('storage-closed', 'the storage is not open');

  constructor(setup: DeviceSetup) {
    this.#setup = setup;
  }

  async open(signals: LogSignals = {}): Promise<void> {
    const log = (this.#log = this.#find());
    const { runtime } = this.#setup;
    this.#signals = signals;
    this.#over = undefined;
    await this.#inTurn('opening', () => {
      this.#epoch = log.open(() => runtime.uuid()).epoch;
    });
    this.#events = this.#setup.events();
    this.#events?.addEventListener('storage', this.#onStorage);
  }

  read(after: number): Promise<LogContents> {
    return settled('reading', async () => {
      await this.#turns?.catchUp();
      const { log, pointer } = this.#opened();
      return log.read(pointer, after);
    });
  }

  append(payload: string, { after }: { readonly after: number }): Promise<boolean> {
    return this.#inTurn('writing', () => {
      const { log, pointer } = this.#opened();
      return log.append(pointer, payload, after);
    });
  }

  compact(snapshot: readonly string[], upTo: number): Promise<boolean> {
    return this.#inTurn('compacting', () => {
      const { log, pointer } = this.#opened();
      return log.compact(pointer, snapshot, upTo);
    });
  }

  async close(): Promise<void> {
    this.#end(new SyncError('storage-closed', 'the storage was closed'));
  }

  async destroy(): Promise<void> {
    await this.close();
    const log = (this.#log = this.#find());
    await this.#inTurn('removing the log', () => log.destroy());
    this.#turns?.end();
  }

  /** Without locks the call runs at once and by itself, which no other code of this process can interrupt. */
  #inTurn<T>(doing: string, work: () => T): Promise<T> {
    const turns = this.#turns;
    return settled(doing, async () => (turns === undefined ? work() : turns.take(work)));
  }

  #find(): LogArea {
    const { area, locks, name, runtime, limitMs } = this.#setup;
    const found = area();
    if (found === undefined) {
      throw new SyncError('storage-blocked', 'there is no localStorage here', {
        hint: 'Use another storage.',
      });
    }
    const log = new LogArea(found, name);
    const tabLocks = locks();
    this.#turns = tabLocks && new Turns(log, tabLocks, runtime, limitMs);
    return log;
  }

  #opened(): { readonly log: LogArea; readonly pointer: Pointer } {
    if (this.#over === undefined && this.#log !== undefined) {
      const pointer = this.#log.pointer();
      if (pointer !== undefined && pointer.epoch === this.#epoch) return { log: this.#log, pointer };
      this.#lose('the log that was here before is gone');
    }
    throw this.#over ?? new SyncError('storage-closed', 'the storage is not open');
  }

  readonly #onStorage = ({ key, newValue }: StorageEvent): void => {
    if (this.#over !== undefined || this.#log === undefined) return;
    if (key === this.#log.pointerKey && newValue === removedMark) {
      const reason = 'another tab removed the log';
      this.#end(new SyncError('storage-closed', reason));
      this.#signals.closed?.(reason);
    } else if (key === null) {
      this.#lose('somebody cleared the storage');
    } else if (key.startsWith(this.#log.prefix)) {
      this.#signals.appended?.();
    }
  };

  #lose(reason: string): void {
    this.#end(
      new SyncError('storage-corrupt', reason, { hint: 'Export what is here, then open the store again.' }),
    );
    this.#signals.lost?.(reason);
  }

  #end(why: SyncError): void {
    this.#over = why;
    this.#events?.removeEventListener('storage', this.#onStorage);
    this.#events = undefined;
    this.#turns?.end();
  }
}

async function settled<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error, doing);
  }
}
