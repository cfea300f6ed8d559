import { deleteDB } from 'idb';
import { SyncError, type LogContents, type LogDevice, type LogSignals } from 'syncline';
import { connect, within, type Connection, type ConnectionOptions } from './connection.js';
import { Doorbell } from './doorbell.js';
import { isConnectionLost, isTaken, toStorageError } from './failure.js';
import { addEntry, readLog, replaceSnapshot, ticketAt, type StoredEntry } from './log.js';
import { quietly, type IdbChannel, type IdbMarker } from './surroundings.js';

export interface DeviceSetup extends ConnectionOptions {
  readonly durability: 'strict' | 'relaxed';
  readonly channel: (name: string) => IdbChannel | undefined;
  readonly marker: IdbMarker | undefined;
}

/** Tries of one call before a connection that is lost again and again is given up. */
const triesMax = 5;

/** Pause before the second try; four times as long before each one after it. */
const pauseMs = 10;

export class IdbDevice implements LogDevice {
  readonly #setup: DeviceSetup;
  /** Name in the channel and in the marker. */
  readonly #label: string;
  /** What the tickets of this device's appends begin with. */
  readonly #writer: string;
  #appends = 0;
  #signals: LogSignals = {};
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #doorbell: Doorbell | undefined;
  /** Of the database that was opened first; a reconnection that finds another one was too late. */
  #epoch: string | undefined;
  /** Why no call can succeed any more. */
  #over: SyncError | undefined = new SyncError('storage-closed', 'the database is not open');

  constructor(setup: DeviceSetup) {
    this.#setup = setup;
    this.#label = `syncline:${setup.name}`;
    this.#writer = setup.runtime.uuid().slice(-8);
  }

  async open(signals: LogSignals = {}): Promise<void> {
    this.#signals = signals;
    this.#over = undefined;
    await this.#run('opening', async () => undefined);
    const channel = this.#setup.channel(this.#label);
    this.#doorbell = channel && new Doorbell(channel, () => signals.appended?.());
  }

  read(after: number): Promise<LogContents> {
    return this.#run('reading', (connection) => readLog(connection, after));
  }

  append(payload: string, { after }: { readonly after: number }): Promise<boolean> {
    const entry = [`${this.#writer}.${this.#appends++}`, payload] as const;
    return this.#run('writing', async (connection, again) => {
      const added = await this.#add(connection, entry, after, again);
      if (added) this.#doorbell?.ring();
      return added;
    });
  }

  compact(snapshot: readonly string[], upTo: number): Promise<boolean> {
    return this.#run('compacting', async (connection) => {
      // Each round lost means that another tab's snapshot went through.
      let outcome = await replaceSnapshot(connection, snapshot, upTo);
      while (outcome === 'cleared') outcome = await replaceSnapshot(connection, snapshot, upTo);
      return outcome === 'replaced';
    });
  }

  async close(): Promise<void> {
    this.#end(new SyncError('storage-closed', 'the database was closed'));
    await this.#connecting?.catch(() => undefined);
  }

  async destroy(): Promise<void> {
    await this.close();
    // First, so that stopping in between leaves a database without a marker, which is nothing to worry about.
    quietly(() => this.#setup.marker?.removeItem(this.#label));
    await within(deleteDB(this.#setup.name), this.#setup, 'deleting', () => undefined).catch(
      (error: unknown) => {
        throw toStorageError(error, 'deleting the database');
      },
    );
  }

  /** An append that was repeated may find itself: the connection was lost after the commit. */
  async #add(connection: Connection, entry: StoredEntry, after: number, again: boolean): Promise<boolean> {
    try {
      return await addEntry(connection, entry, after, this.#setup.durability);
    } catch (error) {
      if (!isTaken(error)) throw error;
      return again && (await ticketAt(connection, after + 1)) === entry[0];
    }
  }

  /** Runs in the same call when the connection stands; opens a new one when it was lost, a few times. */
  async #run<T>(doing: string, work: (connection: Connection, again: boolean) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.#assertNotOver();
      try {
        return await work(this.#connection ?? (await this.#connect()), attempt > 1);
      } catch (error) {
        this.#assertNotOver();
        if (!isConnectionLost(error) || attempt === triesMax) throw toStorageError(error, doing);
        this.#connection?.close();
        this.#connection = undefined;
        await this.#pause(pauseMs * 4 ** (attempt - 1));
      }
    }
  }

  #assertNotOver(): void {
    if (this.#over) throw this.#over;
  }

  #connect(): Promise<Connection> {
    this.#connecting ??= this.#admit().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #admit(): Promise<Connection> {
    const connection = await connect(this.#setup, {
      wanted: (reason) => this.#yield(reason),
      lost: () => (this.#connection = undefined),
    });
    const over = this.#over ?? this.#compareEpochs(connection);
    if (over) {
      this.#over = over;
      connection.close();
      throw over;
    }
    this.#connection = connection;
    return connection;
  }

  /**
   * A wiped database looks like a new one; what remembers it is the marker, or this device. Returns the reason why this
   * device is over: it stands for what was in the database before.
   */
  #compareEpochs({ epoch, dataLoss }: Connection): SyncError | undefined {
    const { marker } = this.#setup;
    const known = this.#epoch ?? quietly(() => marker?.getItem(this.#label)) ?? epoch;
    if (dataLoss !== undefined || known !== epoch) {
      this.#signals.lost?.(dataLoss ?? 'the database that was here before is gone');
    }
    quietly(() => marker?.setItem(this.#label, epoch));
    this.#epoch ??= epoch;
    if (this.#epoch === epoch) return undefined;
    return new SyncError('storage-corrupt', 'the database was wiped while it was open', {
      hint: 'Export what is here, then open the store again.',
    });
  }

  #yield(reason: string): void {
    if (this.#over) return;
    this.#end(new SyncError('storage-closed', reason));
    this.#signals.closed?.(reason);
  }

  #end(why: SyncError): void {
    this.#over = why;
    this.#doorbell?.close();
    this.#doorbell = undefined;
    this.#connection?.close();
    this.#connection = undefined;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#setup.runtime.setTimer(delayMs, resolve));
  }
}
