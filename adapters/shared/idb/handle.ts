import { deleteDB } from 'idb';
import { SyncError } from 'syncline';
import { within, type Connection, type ConnectionEvents, type ConnectionOptions } from './connection.js';
import { Doorbell } from './doorbell.js';
import { isConnectionLost, toStorageError } from './failure.js';
import type { IdbChannel, IdbMarker } from './surroundings.js';

export interface HandleSetup extends ConnectionOptions {
  readonly channel: (name: string) => IdbChannel | undefined;
  /** `undefined`: `localStorage`, where there is one. */
  readonly marker: IdbMarker | undefined;
}

/** A database as an adapter has opened it. */
export interface Opened {
  readonly connection: Connection;
  /** Made when the database was created; another one means that the database is another. */
  readonly epoch: string;
}

export interface HandleSignals {
  /** Another tab wrote. */
  rung?(): void;
  /** The browser threw away what was here. */
  lost?(reason: string): void;
  /** Another tab needs the database. */
  closed?(reason: string): void;
}

/** Tries of one call before a connection that is lost again and again is given up. */
const triesMax = 5;

/** Pause before the second try; four times as long before each one after it. */
const pauseMs = 10;

/**
 * A database that is kept open: a connection that the browser takes away is opened again, one that another tab needs is
 * given up, and a database that was wiped is told from a new one.
 */
export class Handle<T extends Opened> {
  readonly #setup: HandleSetup;
  readonly #openDatabase: (events: ConnectionEvents) => Promise<T>;
  /** Name in the channel and in the marker. */
  readonly #label: string;
  #signals: HandleSignals = {};
  #opened: T | undefined;
  #connecting: Promise<T> | undefined;
  #doorbell: Doorbell | undefined;
  /** Of the database that was opened first; a reconnection that finds another one was too late. */
  #epoch: string | undefined;
  /** Why no call can succeed any more. */
  #over: SyncError | undefined = new SyncError('storage-closed', 'the database is not open');

  constructor(setup: HandleSetup, openDatabase: (events: ConnectionEvents) => Promise<T>) {
    this.#setup = setup;
    this.#openDatabase = openDatabase;
    this.#label = `syncline:${setup.name}`;
  }

  async open(signals: HandleSignals): Promise<void> {
    this.#signals = signals;
    this.#over = undefined;
    await this.run('opening', async () => undefined);
    const channel = this.#setup.channel(this.#label);
    this.#doorbell = channel && new Doorbell(channel, () => signals.rung?.());
  }

  /** Tells other tabs that something was written. */
  ring(): void {
    this.#doorbell?.ring();
  }

  /**
   * Runs in the same call when the connection stands; opens a new one when it was lost, a few times. `again`: an earlier
   * run of this `work` may have been done in spite of its failure.
   */
  async run<R>(doing: string, work: (opened: T, again: boolean) => Promise<R>): Promise<R> {
    for (let attempt = 1; ; attempt++) {
      this.#assertNotOver();
      try {
        return await work(this.#opened ?? (await this.#connect()), attempt > 1);
      } catch (error) {
        this.#assertNotOver();
        if (!isConnectionLost(error) || attempt === triesMax) throw toStorageError(error, doing);
        this.#opened?.connection.close();
        this.#opened = undefined;
        await this.#pause(pauseMs * 4 ** (attempt - 1));
      }
    }
  }

  /** Gives the database up, and says so. */
  yield(reason: string): void {
    if (this.#over) return;
    this.#end(new SyncError('storage-closed', reason));
    this.#signals.closed?.(reason);
  }

  async close(): Promise<void> {
    this.#end(new SyncError('storage-closed', 'the database was closed'));
    await this.#connecting?.catch(() => undefined);
  }

  async destroy(): Promise<void> {
    await this.close();
    // First, so that stopping in between leaves a database without a marker, which is nothing to worry about.
    this.#mark((marker) => marker.removeItem(this.#label));
    await within(deleteDB(this.#setup.name), this.#setup, 'deleting', () => undefined).catch(
      (error: unknown) => {
        throw toStorageError(error, 'deleting the database');
      },
    );
  }

  #assertNotOver(): void {
    if (this.#over) throw this.#over;
  }

  #connect(): Promise<T> {
    this.#connecting ??= this.#admit().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #admit(): Promise<T> {
    const opening = this.#openDatabase({
      wanted: (reason) => this.yield(reason),
      lost: () => (this.#opened = undefined),
    });
    // The first touch of `localStorage` takes milliseconds, which pass while the browser opens the database.
    const remembered = this.#mark((marker) => marker.getItem(this.#label)) ?? undefined;
    const opened = await opening;
    const over = this.#over ?? this.#compareEpochs(opened, remembered);
    if (over) {
      this.#over = over;
      opened.connection.close();
      throw over;
    }
    this.#opened = opened;
    return opened;
  }

  /**
   * A wiped database looks like a new one; what remembers it is the marker, or this handle. Returns the reason why this
   * handle is over: it stands for what was in the database before.
   */
  #compareEpochs(
    { epoch, connection: { dataLoss } }: T,
    remembered: string | undefined,
  ): SyncError | undefined {
    const known = this.#epoch ?? remembered ?? epoch;
    if (dataLoss !== undefined || known !== epoch) {
      this.#signals.lost?.(dataLoss ?? 'the database that was here before is gone');
    }
    this.#mark((marker) => marker.setItem(this.#label, epoch));
    this.#epoch ??= epoch;
    if (this.#epoch === epoch) return undefined;
    return new SyncError('storage-corrupt', 'the database was wiped while it was open', {
      hint: 'Export what is here, then open the store again.',
    });
  }

  /** A marker that is full, forbidden or not there is a marker less, and no reason to fail. */
  #mark<R>(use: (marker: IdbMarker) => R): R | undefined {
    try {
      return use(this.#setup.marker ?? localStorage);
    } catch {
      return undefined;
    }
  }

  #end(why: SyncError): void {
    this.#over = why;
    this.#doorbell?.close();
    this.#doorbell = undefined;
    this.#opened?.connection.close();
    this.#opened = undefined;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#setup.runtime.setTimer(delayMs, resolve));
  }
}
