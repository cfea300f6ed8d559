import { isSyncError, toSyncError, type SyncClient } from 'syncline';
import { Calls } from './calls.js';
import { VirtualClock } from './clock.js';
import { DeviceChecks } from './device-checks.js';
import { Device, Tab } from './device.js';
import type { FaultKind } from './faults.js';
import { Hub, type Commit } from './hub.js';
import { Ledger, type Write } from './ledger.js';
import { checkInvariants, type Invariants } from './invariants.js';
import { Link } from './network.js';
import type { Program } from './program.js';
import type { BrokenPromise, Report } from './promises.js';
import { createRandom } from './random.js';
import { ServerChecks } from './server-checks.js';
import type { SimulatedEntity } from './simulated.js';
import {
  ForeignDeviceStorage,
  MemoryDeviceStorage,
  type DeviceStorage,
  type StorageFactory,
} from './storage.js';
import type { Surroundings } from './surroundings.js';
import { tellCommit, tellEntry, tellLane } from './telling.js';
import { shortId, Timeline } from './timeline.js';
import { Witness } from './witness.js';
import type { Desk } from './writing.js';

/** 1 January 2030, UTC. */
const startMs = 1_893_456_000_000;

/** Runs of this process: no two of their devices share a name. */
let runs = 0;

/** What a world is made of, beside its program. */
export interface WorldOptions {
  readonly entities: readonly SimulatedEntity[];
  readonly invariants: Invariants;
  readonly storage: StorageFactory | undefined;
  readonly trace: boolean;
}

/** Everything there is in one run: devices with their tabs, the server, what lies between, and who watches. */
export class World {
  readonly calls = new Calls();
  readonly clock = new VirtualClock(startMs, () => this.calls.quiet());
  readonly counts: Partial<Record<FaultKind, number>> = {};
  readonly broken: BrokenPromise[] = [];
  readonly ledger = new Ledger();
  readonly timeline: Timeline;
  readonly desk: Desk;
  readonly hub: Hub;
  readonly devices: readonly Device[];
  readonly links: readonly Link[];
  readonly witnesses: readonly Witness[];
  readonly tabs: readonly Tab[];
  readonly #options: WorldOptions;
  readonly #deviceChecks: DeviceChecks;
  readonly #serverChecks: ServerChecks;
  /** Writes that resolved since the last look. */
  #fresh: Write[] = [];
  /** Whether the server committed since the last look. */
  #isMoved = false;
  #ids = 0;

  constructor(
    readonly program: Program,
    options: WorldOptions,
  ) {
    const { profile, seed } = program;
    const { entities, trace } = options;
    this.#options = options;
    this.timeline = new Timeline(() => this.clock.now - startMs, trace);
    const byName = new Map(entities.map((entity) => [entity.definition.name, entity]));
    this.desk = { seed, ledger: this.ledger, entityOf: (name) => known(byName.get(name), name) };
    const around: Surroundings = {
      clock: this.clock,
      random: createRandom(seed).fork('world'),
      profile,
      entities,
      calls: this.calls,
      timeline: this.timeline,
      counts: this.counts,
      newId: (nowMs) => this.#newId(nowMs),
    };
    this.hub = new Hub(around, (commit) => this.#committed(commit));
    const run = ++runs;
    this.devices = Array.from(
      { length: profile.replicas },
      (_, at) => new Device(at, around, this.#storageOf(at, `simulation-${run}-device-${at}`)),
    );
    this.links = this.devices.map((device) => new Link(around, device, this.hub));
    this.witnesses = this.devices.map(({ storage }) => new Witness(storage.source));
    for (const device of this.devices) {
      for (let at = 0; at < profile.tabs; at++) device.tabs.push(new Tab(at, device));
    }
    this.tabs = this.devices.flatMap(({ tabs }) => tabs);
    const holdings = () => this.hub.holdings;
    const { report, ledger, witnesses } = this;
    const definitionOf = (name: string) => this.desk.entityOf(name).definition;
    this.#serverChecks = new ServerChecks(report, ledger, witnesses, holdings);
    this.#deviceChecks = new DeviceChecks(report, ledger, this.#serverChecks, holdings, definitionOf);
  }

  readonly report: Report = (promise, text) => {
    const message = text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-7000-8000-[0-9a-f]{12}/g, shortId);
    this.timeline.add(() => ({ kind: 'broken', text: `${promise}: ${message}` }));
    this.broken.push({ promise, message });
  };

  /** A server with what it holds from the start, and devices that are closed. */
  async begin(): Promise<void> {
    const operations = this.#options.entities
      .flatMap(({ definition, initial }) => initial.map((record) => ({ definition, ...record })))
      .map(({ definition, id, data }, at) => ({
        id: `initial-${at}`,
        entity: definition.name,
        entityId: id,
        kind: 'create',
        changes: [{ path: '', action: 'set', value: data }],
        clock: { founder: at + 1 },
        stamp: `${startMs.toString(16).padStart(12, '0')}-0000-founder`,
        schemaVersion: definition.version,
      }));
    if (operations.length > 0)
      await this.hub.server.push({ id: 'founder' }, { replica: 'founder', operations });
    const names = this.#options.entities.map(({ definition }) => definition.name);
    for (const witness of this.witnesses) await witness.open(names);
    this.hub.backUp();
  }

  /** The tab's client; a closed tab is opened first. `undefined` when it stopped while it opened. */
  async use(tab: Tab): Promise<SyncClient | undefined> {
    if (tab.client !== undefined || tab.isOpening) return tab.client;
    const { device } = tab;
    this.timeline.add(() => ({ ...tab.place, kind: 'note', text: 'opens' }));
    try {
      const client = await device.open(tab, (life) => this.#linkOf(device).transport(tab, life));
      client?.events$.subscribe((event) => {
        if (event.kind === 'error' && isSyncError(event.error, 'internal') && !isPlanned(event.error)) {
          this.report('no-surprise', `${tab.name}: ${toSyncError(event.error.cause ?? event.error).message}`);
        }
        if (event.kind !== 'pushed' && event.kind !== 'pulled')
          this.timeline.add(() => ({ ...tab.place, kind: 'note', text: event.kind }));
      });
      return client;
    } catch (error) {
      this.timeline.add(() => ({ ...tab.place, kind: 'note', text: `fails to open: ${String(error)}` }));
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
      // What was accepted leaves in silence: the answer has said so.
      for (const move of moves.entries.filter(({ before, after }) => after ?? before?.state === 'dead'))
        this.timeline.add(() => ({ device: at, kind: 'stored', text: tellEntry(move) }));
      for (const key of moves.lanes)
        this.timeline.add(() => ({
          device: at,
          kind: 'stored',
          text: tellLane(key, witness.lanes.get(key)),
        }));
      this.#deviceChecks.check(this.#deviceAt(at).name, witness, moves);
    }
    this.#serverChecks.look();
    if (this.#isMoved) this.ask('commit');
    this.#isMoved = false;
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const write of fresh) {
      const witness = this.witnesses[write.device];
      if (witness !== undefined)
        this.#deviceChecks.checkWrite(this.#deviceAt(write.device).name, witness, write);
    }
  }

  /** Asks the invariants. */
  ask(at: 'commit' | 'end'): void {
    checkInvariants(this.report, this.#options.invariants, at, this);
  }

  async settle(): Promise<void> {
    await this.calls.quiet();
    await this.look();
  }

  /** A write's promise has settled. */
  told(tab: Tab, write: Write): void {
    const { step, state, error } = write;
    if (state !== 'resolved') {
      const text = `${step.act} ${step.id} is refused: ${messageOf(error)}`;
      this.timeline.add(() => ({ ...tab.place, kind: 'told', text }));
    }
    if (state === 'resolved') this.#fresh.push(write);
    const isStrange = state === 'unknown' || (state === 'rejected' && !isSyncError(error));
    if (isStrange && !isPlanned(error))
      this.report('no-surprise', `${step.act} ${step.id}: ${messageOf((error as Error).cause ?? error)}`);
  }

  restore(): void {
    if (!this.hub.restore()) return;
    this.counts['server-restored'] = (this.counts['server-restored'] ?? 0) + 1;
    this.timeline.add(() => ({ kind: 'fault', text: 'server-restored: back to the last backup' }));
    this.#serverChecks.restored(this.hub.holdings);
  }

  /** All tabs stop, and what they stored is looked at once more, and removed. */
  async end(): Promise<void> {
    for (const device of this.devices) device.stopAll();
    for (const device of this.devices) {
      for (const wrong of await device.storage.end(device.runtime()))
        this.report('no-lost-write', `${device.name}: ${wrong}`);
    }
  }

  #committed(commit: Commit): void {
    this.timeline.add(() => ({ kind: 'commit', text: tellCommit(commit) }));
    this.#serverChecks.committed(commit);
    this.#isMoved = true;
  }

  #storageOf(device: number, name: string): DeviceStorage {
    const { storage } = this.#options;
    return storage === undefined
      ? new MemoryDeviceStorage(this.program.profile)
      : new ForeignDeviceStorage(storage, { device, name }, this.calls);
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

function messageOf(error: unknown): string {
  return toSyncError(error).message;
}

function known(entity: SimulatedEntity | undefined, name: string): SimulatedEntity {
  if (entity === undefined) throw new Error(`there is no entity '${name}' in this run`);
  return entity;
}
