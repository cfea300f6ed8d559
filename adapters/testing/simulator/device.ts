import {
  createSyncClient,
  logStorage,
  SyncError,
  type LogDevice,
  type Platform,
  type Runtime,
  type SyncClient,
} from 'syncline';
import { createMemoryStore, memoryDevice, type MemoryStore } from 'syncline/storage/memory';
import { catalogue } from './catalogue.js';
import type { VirtualClock } from './clock.js';
import { FaultQueue, type FaultCounts, type FaultKind } from './faults.js';
import type { Lines } from './lines.js';
import type { Random } from './random.js';
import type { Profile } from './steps.js';

/** What a device needs of the world around it. */
export interface Surroundings {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly profile: Profile;
  readonly lines: Lines;
  readonly counts: FaultCounts;
  readonly newId: (nowMs: number) => string;
}

/** One run of a tab, from its start to its end. A stopped one does nothing more: no call it makes ever returns. */
export interface Life {
  alive: boolean;
}

/** A tab slot of a device: closed, opening or open. */
export class Tab {
  client: SyncClient | undefined;
  life: Life | undefined;
  log: LogDevice | undefined;
  isOpening = false;
  /** Id of the last operation written here. */
  lastOperation: string | undefined;

  constructor(
    readonly index: number,
    readonly device: Device,
  ) {}

  get name(): string {
    return `tab ${this.index}`;
  }
}

const opensInTime: ReadonlySet<FaultKind> = new Set<FaultKind>(['stop-at-reading']);
const beforeCommit: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'stop-before-commit',
  'device-stop-before-commit',
  'quota',
]);
const afterCommit: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'stop-after-commit',
  'device-stop-after-commit',
  'commit-unknown',
]);
const atCompaction: ReadonlySet<FaultKind> = new Set<FaultKind>(['stop-at-compaction']);

/** An installation: one store, and the tabs over it. */
export class Device {
  readonly store: MemoryStore = createMemoryStore();
  readonly faults: FaultQueue;
  readonly tabs: Tab[] = [];
  /** Device's clock less the true time. */
  skewMs = 0;
  commits = 0;
  slowUntil = 0;
  silentUntil = 0;
  #holder: Tab | undefined;
  #queue: { readonly tab: Tab; readonly take: () => void }[] = [];

  constructor(
    readonly index: number,
    readonly around: Surroundings,
    /** Called when an entry was stored, whoever learns of it. */
    readonly stored: () => void,
  ) {
    this.faults = new FaultQueue(around.counts);
  }

  get name(): string {
    return `device ${this.index}`;
  }

  now(): number {
    return Math.floor(this.around.clock.now + this.skewMs);
  }

  /** Stops a tab where it stands. It is opened again by a later step, or when all is healed. */
  stop(tab: Tab): void {
    if (tab.life === undefined) return;
    this.around.lines.add(() => `${tab.name} stops`);
    tab.life.alive = false;
    void tab.log?.close();
    this.#release(tab);
    tab.client = tab.life = tab.log = undefined;
    tab.isOpening = false;
  }

  stopAll(): void {
    for (const tab of this.tabs) this.stop(tab);
  }

  async open(
    tab: Tab,
    transportOf: (life: Life) => Parameters<typeof createSyncClient>[0]['transport'],
  ): Promise<SyncClient | undefined> {
    const { profile } = this.around;
    const life: Life = { alive: true };
    tab.life = life;
    tab.isOpening = true;
    const runtime = this.#runtime(life);
    const log = this.#device(tab, life);
    tab.log = log;
    const storage = logStorage(log, { runtime, compactAfter: profile.logEntries });
    const client = await createSyncClient({
      entities: catalogue,
      storage,
      transport: transportOf(life),
      platform: profile.lease ? { lease: this.#lease(tab) } : ({} satisfies Platform),
      pageLimit: profile.pageLimit,
      pollIntervalMs: profile.pollMs,
      auto: profile.auto,
      outbox: { batchCount: profile.batchCount, compact: profile.compact },
      runtime,
    });
    if (!life.alive) return undefined;
    tab.client = client;
    tab.isOpening = false;
    return client;
  }

  /** An orderly end. */
  async close(tab: Tab): Promise<void> {
    const { client, life } = tab;
    if (client === undefined || life === undefined) return;
    tab.client = undefined;
    await client.close();
    if (tab.life === life) tab.life = tab.log = undefined;
    this.#release(tab);
  }

  #runtime(life: Life): Runtime {
    const { clock, random, newId } = this.around;
    return {
      now: () => this.now(),
      random: () => random.next(),
      uuid: () => newId(this.now()),
      setTimer: (delayMs, callback) =>
        clock.after(delayMs, () => {
          if (life.alive) callback();
        }),
    };
  }

  #device(tab: Tab, life: Life): LogDevice {
    const { clock, random, profile } = this.around;
    const strike = (kinds: ReadonlySet<FaultKind>): FaultKind | undefined => this.faults.strike(kinds)?.fault;
    const halt = async (fault: FaultKind | undefined): Promise<void> => {
      if (fault?.startsWith('device-') === true) this.stopAll();
      else if (fault?.startsWith('stop-') === true) this.stop(tab);
      if (!life.alive) await new Promise(() => undefined);
    };
    return memoryDevice(this.store, {
      deliver: (ring) => {
        if (clock.now < this.silentUntil) this.faults.count('doorbell-lost');
        else queueMicrotask(ring);
      },
      hooks: {
        beforeRead: () => halt(life.alive ? strike(opensInTime) : undefined),
        beforeAppend: async () => {
          await halt(undefined);
          const slow = clock.now < this.slowUntil;
          if (slow) this.faults.count('disk-slow');
          const delayMs = slow ? 2_000 : profile.diskMs === 0 ? 0 : random.int(profile.diskMs);
          if (delayMs > 0) await clock.sleep(delayMs);
          const fault = life.alive ? strike(beforeCommit) : undefined;
          if (fault === 'quota') throw new SyncError('storage-quota', 'no room');
          await halt(fault);
        },
        afterAppend: async () => {
          this.commits++;
          this.stored();
          const fault = strike(afterCommit);
          if (fault === 'commit-unknown') throw new SyncError('internal', 'the connection was lost');
          await halt(fault);
        },
        beforeCompact: () => halt(life.alive ? strike(atCompaction) : undefined),
        afterCompact: () => halt(life.alive ? strike(atCompaction) : undefined),
      },
    });
  }

  /** First come, first served. */
  #lease(tab: Tab): NonNullable<Platform['lease']> {
    return {
      acquire: (_name, { signal }) =>
        new Promise((resolve, reject) => {
          const take = () => resolve(() => this.#release(tab));
          signal.addEventListener('abort', () =>
            reject(new SyncError('aborted', 'the lease is not wanted any more')),
          );
          if (this.#holder === undefined) {
            this.#holder = tab;
            take();
          } else this.#queue.push({ tab, take });
        }),
    };
  }

  #release(tab: Tab): void {
    this.#queue = this.#queue.filter((waiting) => waiting.tab !== tab);
    if (this.#holder !== tab) return;
    const next = this.#queue.shift();
    this.#holder = next?.tab;
    next?.take();
  }
}
