import { SyncError } from 'syncline';
import type { Device, Life, Surroundings, Tab } from './device.js';
import type { FaultKind } from './faults.js';

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

/** What stands between a tab and its disk: it makes commits slow, refuses them, or ends the tab in the middle of one. */
export class Gate {
  readonly #around: Surroundings;
  readonly #device: Device;
  readonly #tab: Tab;
  readonly #life: Life;

  constructor(around: Surroundings, tab: Tab, life: Life) {
    this.#around = around;
    this.#device = tab.device;
    this.#tab = tab;
    this.#life = life;
  }

  reading(): Promise<void> {
    return this.#halt(this.#life.alive ? this.#strike(opensInTime) : undefined);
  }

  async storing(): Promise<void> {
    const { clock, random, profile } = this.#around;
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
    if (this.#around.clock.now < this.#device.silentUntil) this.#device.faults.count('doorbell-lost');
    else bell();
  }

  /** What a stopped tab waits for never comes. */
  alive(): Promise<void> {
    return this.#halt(undefined);
  }

  #strike(kinds: ReadonlySet<FaultKind>): FaultKind | undefined {
    const fault = this.#device.faults.strike(kinds)?.fault;
    if (fault !== undefined)
      this.#around.timeline.add(() => ({ ...this.#tab.place, kind: 'fault', text: fault }));
    return fault;
  }

  async #halt(fault: FaultKind | undefined): Promise<void> {
    if (fault?.startsWith('device-') === true) this.#device.stopAll();
    else if (fault?.startsWith('stop-') === true) this.#device.stop(this.#tab);
    if (!this.#life.alive) await new Promise(() => undefined);
  }
}
