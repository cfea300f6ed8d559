import { isSyncError, toSyncError, type SyncClient } from 'syncline';
import { tally } from './catalogue.js';
import { settled, VirtualClock } from './clock.js';
import { DeviceChecks } from './device-checks.js';
import { Device, type Surroundings, type Tab, Tab as TabSlot } from './device.js';
import type { FaultKind } from './faults.js';
import { Hub } from './hub.js';
import { Ledger, type Write } from './ledger.js';
import { Lines } from './lines.js';
import { Link } from './network.js';
import type { Program } from './program.js';
import type { BrokenPromise, Report } from './promises.js';
import { createRandom } from './random.js';
import { ServerChecks } from './server-checks.js';
import { baseOf, Witness, type Moves, type StoredLane } from './witness.js';

/** 1 January 2030, UTC. */
const startMs = 1_893_456_000_000;

/** Everything there is in one run: devices with their tabs, the server, what lies between, and who watches. */
export class World {
  readonly clock = new VirtualClock(startMs);
  readonly counts: Partial<Record<FaultKind, number>> = {};
  readonly broken: BrokenPromise[] = [];
  readonly ledger = new Ledger();
  readonly lines: Lines;
  readonly hub: Hub;
  readonly devices: readonly Device[];
  readonly links: readonly Link[];
  readonly witnesses: readonly Witness[];
  readonly tabs: readonly Tab[];
  readonly #deviceChecks: DeviceChecks;
  readonly #serverChecks: ServerChecks;
  /** Writes that resolved since the last look. */
  #fresh: Write[] = [];
  #ids = 0;

  constructor(
    readonly program: Program,
    { trace = false }: { readonly trace?: boolean } = {},
  ) {
    const { profile, seed } = program;
    this.lines = new Lines(() => `${((this.clock.now - startMs) / 1000).toFixed(3).padStart(9)}s`, trace);
    const around: Surroundings = {
      clock: this.clock,
      random: createRandom(seed).fork('world'),
      profile,
      lines: this.lines,
      counts: this.counts,
      newId: (nowMs) => this.#newId(nowMs),
    };
    this.hub = new Hub(around, (commit) => {
      this.lines.add(
        () =>
          `server commits ${commit.outcomes.map(({ outcome: { operation, result } }) => `${operation.id.slice(-4)} ${result.status === 'accepted' ? result.outcome : result.status}`).join(', ')}`,
      );
      this.#serverChecks.committed(commit);
    });
    this.devices = Array.from(
      { length: profile.devices },
      (_, at) => new Device(at, around, () => this.witnesses[at]?.ring()),
    );
    this.links = this.devices.map((device) => new Link(around, device, this.hub));
    this.witnesses = this.devices.map(({ store }) => new Witness(store));
    this.tabs = this.devices.flatMap((device) =>
      Array.from(
        { length: profile.tabsPerDevice },
        (_, at) => new TabSlot(device.index * profile.tabsPerDevice + at, device),
      ),
    );
    for (const tab of this.tabs) tab.device.tabs.push(tab);
    const holdings = () => this.hub.holdings;
    this.#serverChecks = new ServerChecks(this.report, this.ledger, this.witnesses, holdings);
    this.#deviceChecks = new DeviceChecks(this.report, this.ledger, this.#serverChecks, holdings);
  }

  readonly report: Report = (promise, message) => {
    this.lines.add(() => `BROKEN ${promise}: ${message}`);
    this.broken.push({ promise, message });
  };

  /** A server with its tallies, and devices that are closed. */
  async begin(): Promise<void> {
    const operations = Array.from({ length: 4 }, (_, at) => ({
      id: `tally-seed-${at}`,
      entity: tally,
      entityId: `${tally}-${at}`,
      kind: 'create',
      changes: [{ path: '', action: 'set', value: { id: `${tally}-${at}`, count: 0, tags: [] } }],
      clock: { founder: at + 1 },
      stamp: `${startMs.toString(16).padStart(12, '0')}-0000-founder`,
      schemaVersion: 1,
    }));
    await this.hub.server.push({ id: 'founder' }, { replica: 'founder', operations });
    for (const witness of this.witnesses) await witness.open();
    this.hub.backUp();
  }

  /** The tab's client; a closed tab is opened first. `undefined` when it stopped while it opened. */
  async use(tab: Tab): Promise<SyncClient | undefined> {
    if (tab.client !== undefined || tab.isOpening) return tab.client;
    const { device } = tab;
    this.lines.add(() => `${tab.name} of ${device.name} opens`);
    try {
      const client = await device.open(tab, (life) => this.#linkOf(device).transport(tab, life));
      client?.events$.subscribe((event) => {
        if (event.kind === 'error' && isSyncError(event.error, 'internal') && !isPlanned(event.error)) {
          this.report('no-surprise', `${tab.name}: ${toSyncError(event.error.cause ?? event.error).message}`);
        }
        if (event.kind !== 'pushed' && event.kind !== 'pulled')
          this.lines.add(() => `${tab.name}: ${event.kind}`);
      });
      return client;
    } catch (error) {
      this.lines.add(() => `${tab.name} fails to open: ${String(error)}`);
      device.stop(tab);
      return undefined;
    }
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms, () => this.look());
  }

  /** Lets time pass until something is done. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    promise.then(done, done);
    for (await this.settle(); !isDone; await this.settle()) await this.pass(10);
    return promise;
  }

  /** Lets everything settle, and looks at every store that moved. */
  async look(): Promise<void> {
    for (const [at, witness] of this.witnesses.entries()) {
      const moves = await witness.look();
      if (moves === undefined) continue;
      this.ledger.follow(at, moves);
      this.#deviceChecks.learn(moves);
      const name = this.#deviceAt(at).name;
      for (const move of moves.entries) this.lines.add(() => `${name} queues ${entryText(move)}`);
      for (const key of moves.lanes)
        this.lines.add(() => `${name} holds ${key}: ${laneText(witness.lanes.get(key))}`);
      this.#deviceChecks.check(name, witness, moves);
    }
    this.#serverChecks.look();
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const write of fresh) {
      const witness = this.witnesses[write.device];
      if (witness !== undefined)
        this.#deviceChecks.checkWrite(this.#deviceAt(write.device).name, witness, write);
    }
  }

  async settle(): Promise<void> {
    await settled();
    await this.look();
  }

  /** A write's promise has settled. */
  told(write: Write): void {
    const { step, state, operationId, error } = write;
    this.lines.add(
      () =>
        `write ${step.n} ${state} ${operationId?.slice(-4) ?? (error === undefined ? '' : toSyncError(error).message)}`,
    );
    if (state === 'resolved') this.#fresh.push(write);
    if (state === 'unknown' && !isPlanned(error))
      this.report('no-surprise', `write ${step.n}: ${toSyncError((error as Error).cause ?? error).message}`);
  }

  restore(): void {
    if (!this.hub.restore()) return;
    this.counts['server-restored'] = (this.counts['server-restored'] ?? 0) + 1;
    this.#serverChecks.restored(this.hub.holdings);
  }

  #deviceAt(at: number): Device {
    const device = this.devices[at];
    if (device === undefined) throw new Error(`there is no device ${at}`);
    return device;
  }

  #linkOf({ index }: Device): Link {
    const link = this.links[index];
    if (link === undefined) throw new Error(`there is no link to device ${index}`);
    return link;
  }

  /** A UUIDv7 whose end counts up. */
  #newId(nowMs: number): string {
    const time = Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, '0').slice(-12);
    const count = (++this.#ids).toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${count}`;
  }
}

/** Failures that a fault brought about. */
function isPlanned(error: unknown): boolean {
  return error instanceof Error && error.message === 'the connection was lost';
}

function laneText(lane: StoredLane | undefined): string {
  if (lane === undefined) return 'nothing';
  const base = baseOf(lane);
  const waiting = (lane.pending ?? []).map((id) => id.slice(-4)).join(' ');
  return `version ${base?.version ?? 0} ${JSON.stringify(base?.clock ?? {})} ${JSON.stringify(base?.data)}${base?.deleted === true ? ', deleted' : ''}${waiting === '' ? '' : `, and ${waiting}`}`;
}

function entryText({ id, before, after }: Moves['entries'][number]): string {
  const short = (each: string) => each.slice(-4);
  if (after === undefined) return `${short(id)} no more (was ${before?.state ?? 'unseen'})`;
  const { operation, state, error, attempts } = after;
  const { kind, entityId, changes, clock, dependsOn = [], replaces, transaction } = operation;
  return [
    `${short(id)} ${state}: ${kind} ${entityId} ${changes.map(({ path, action, value }) => `${action} ${path} ${JSON.stringify(value)}`).join(', ')} at ${JSON.stringify(clock)}`,
    ...(dependsOn.length === 0 ? [] : [`after ${dependsOn.map(short).join(' ')}`]),
    ...(replaces === undefined ? [] : [`for ${short(replaces)}`]),
    ...(transaction === undefined ? [] : [`in ${short(transaction.id)} of ${transaction.size}`]),
    ...(attempts === 0 ? [] : [`attempts ${attempts}`]),
    ...(error === undefined ? [] : [`because ${error.code}: ${error.message}`]),
  ].join(', ');
}
