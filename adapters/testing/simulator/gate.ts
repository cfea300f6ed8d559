import { SyncError } from 'syncline';
import type { FaultKind, FaultQueue } from './faults.js';
import type { Life, Surroundings } from './surroundings.js';
import type { TimelinePlace } from './timeline.js';

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

/** What a gate needs of the device whose disk it is. */
interface Owner {
  readonly around: Surroundings;
  readonly faults: FaultQueue;
  readonly slowUntil: number;
  readonly silentUntil: number;
  commits: number;
  stopAll(): void;
}

/** What stands between a tab and its disk: it makes commits slow, refuses them, or ends the tab in the middle of one. */
export class Gate {
  readonly #device: Owner;
  readonly #place: TimelinePlace;
  readonly #life: Life;
  readonly #stop: () => void;

  constructor(device: Owner, place: TimelinePlace, life: Life, stop: () => void) {
    this.#device = device;
    this.#place = place;
    this.#life = life;
    this.#stop = stop;
  }

  reading(): Promise<void> {
    return this.#halt(this.#life.alive ? this.#strike(opensInTime) : undefined);
  }

  async storing(): Promise<void> {
    const { clock, random, profile } = this.#device.around;
    await this.#halt(undefined);
    const isSlow = clock.now < this.#device.slowUntil;
    if (isSlow) this.#device.faults.count('disk-slow');
    const delayMs = isSlow ? 2_000 : profile.diskMs === 0 ? 0 : random.int(profile.diskMs);
    if (delayMs > 0) await clock.sleep(delayMs);
    const fault = this.#life.alive ? this.#strike(beforeCommit) : undefined;
    if (fault === 'quota') throw new SyncError('storage-quota', 'no room');
    await this.#halt(fault);
  }

  async stored(): Promise<void> {
    this.#device.commits++;
    const fault = this.#strike(afterCommit);
    if (fault === 'commit-unknown') throw new SyncError('internal', 'the connection was lost');
    await this.#halt(fault);
  }

  compacting(): Promise<void> {
    return this.#halt(this.#life.alive ? this.#strike(atCompaction) : undefined);
  }

  /** Brings a doorbell to this tab, unless it is lost. */
  ring(bell: () => void): void {
    if (this.#device.around.clock.now < this.#device.silentUntil) this.#device.faults.count('doorbell-lost');
    else bell();
  }

  /** What a stopped tab waits for never comes. */
  alive(): Promise<void> {
    return this.#halt(undefined);
  }

  #strike(kinds: ReadonlySet<FaultKind>): FaultKind | undefined {
    const fault = this.#device.faults.strike(kinds)?.fault;
    if (fault !== undefined)
      this.#device.around.timeline.add(() => ({ ...this.#place, kind: 'fault', text: fault }));
    return fault;
  }

  async #halt(fault: FaultKind | undefined): Promise<void> {
    if (fault?.startsWith('device-') === true) this.#device.stopAll();
    else if (fault?.startsWith('stop-') === true) this.#stop();
    if (!this.#life.alive) await new Promise(() => undefined);
  }
}
