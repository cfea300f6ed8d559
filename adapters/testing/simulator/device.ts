import { createSyncClient, SyncError, type Platform, type Runtime, type SyncClient } from 'syncline';
import { FaultQueue } from './faults.js';
import { Gate } from './gate.js';
import type { DeviceStorage, OpenStorage } from './storage.js';
import type { Life, Surroundings } from './surroundings.js';
import type { TimelinePlace } from './timeline.js';

/** A tab slot of a device: closed, opening or open. */
export class Tab {
  client: SyncClient | undefined;
  life: Life | undefined;
  storage: OpenStorage | undefined;
  isOpening = false;
  /** Id of the last operation written here. */
  lastOperation: string | undefined;

  constructor(
    /** Number among the tabs of its device. */
    readonly index: number,
    readonly device: Device,
  ) {}

  get place(): TimelinePlace {
    return { device: this.device.index, tab: this.index };
  }

  get name(): string {
    return `tab ${this.index} of ${this.device.name}`;
  }
}

/** An installation: one store, and the tabs over it. */
export class Device {
  readonly faults: FaultQueue;
  readonly tabs: Tab[] = [];
  /** Device's clock less the true time. */
  skewMs = 0;
  commits = 0;
  slowUntil = 0;
  silentUntil = 0;
  /** Who asks for the lease, the first of them holding it. A slot may have been opened again while its last life ends. */
  #claims: Claim[] = [];

  constructor(
    readonly index: number,
    readonly around: Surroundings,
    readonly storage: DeviceStorage,
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
    this.around.timeline.add(() => ({ ...tab.place, kind: 'fault', text: 'stops' }));
    tab.life.alive = false;
    tab.storage?.stop();
    this.#release(tab.life);
    tab.client = tab.life = tab.storage = undefined;
    tab.isOpening = false;
  }

  stopAll(): void {
    for (const tab of this.tabs) this.stop(tab);
  }

  async open(
    tab: Tab,
    transportOf: (life: Life) => Parameters<typeof createSyncClient>[0]['transport'],
  ): Promise<SyncClient | undefined> {
    const { profile, entities } = this.around;
    const life: Life = { alive: true };
    tab.life = life;
    tab.isOpening = true;
    const gate = new Gate(this, tab.place, life, () => this.stop(tab));
    const storage = await this.storage.open(gate, this.runtime());
    if (!life.alive) {
      storage.stop();
      return undefined;
    }
    tab.storage = storage;
    const client = await createSyncClient({
      entities: entities.map(({ definition }) => definition),
      storage: storage.storage,
      transport: transportOf(life),
      platform: profile.lease ? { lease: this.#lease(life) } : ({} satisfies Platform),
      pageLimit: profile.pageLimit,
      pollIntervalMs: profile.pollMs,
      auto: profile.auto,
      outbox: { batchCount: profile.batchCount, compact: profile.compact },
      runtime: this.runtime(life),
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
    if (tab.life === life) tab.life = tab.storage = undefined;
    this.#release(life);
  }

  /** Without a life, its timers outlast every tab. */
  runtime(life?: Life): Runtime {
    const { clock, random, newId } = this.around;
    return {
      now: () => this.now(),
      random: () => random.next(),
      uuid: () => newId(this.now()),
      setTimer: (delayMs, callback) =>
        clock.after(delayMs, () => {
          if (life?.alive !== false) callback();
        }),
    };
  }

  /** First come, first served. */
  #lease(life: Life): NonNullable<Platform['lease']> {
    return {
      acquire: (_name, { signal }) =>
        new Promise((resolve, reject) => {
          const take = () => resolve(() => this.#release(life));
          signal.addEventListener('abort', () =>
            reject(new SyncError('aborted', 'the lease is not wanted any more')),
          );
          this.#claims.push({ life, take });
          if (this.#claims.length === 1) take();
        }),
    };
  }

  #release(life: Life): void {
    const [holder] = this.#claims;
    this.#claims = this.#claims.filter((claim) => claim.life !== life);
    const [next] = this.#claims;
    if (next !== holder) next?.take();
  }
}

interface Claim {
  readonly life: Life;
  readonly take: () => void;
}
