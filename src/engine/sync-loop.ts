import { BehaviorSubject, Subject } from 'rxjs';
import type { Platform } from '../contracts/connectivity.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { isSyncError, SyncError, toSyncError } from '../errors.js';
import { backoffDelayMs } from '../outbox/backoff.js';
import { aborted, withSignal } from './abort.js';
import { BatchSize, refuseAll } from './batch-size.js';
import type { Context } from './context.js';
import type { ClientEvent } from './events.js';
import { renewIdentity } from './identity.js';
import { Pacing } from './pacing.js';
import { pullToPresent, startOver } from './pull.js';
import { pushBatch } from './push.js';
import { Scheduler } from './scheduler.js';
import { deriveStatus, type PauseReason, type SyncStatus } from './status.js';

/** How far a long job is. `total` is absent while nobody knows it. */
export interface SyncProgress {
  readonly phase: 'push' | 'pull';
  readonly done: number;
  readonly total?: number;
}

export interface LoopOptions {
  readonly platform: Platform;
  /** Name of the lease: tabs that share it share one store. */
  readonly name: string;
  /** Between pulls when nothing else asks for one. 0: never. */
  readonly pollIntervalMs: number;
}

/** Identities or epochs that may change in a row before it is called a fault of the server. */
const upsetsMax = 3;

/** Decides when to push and pull, one exchange at a time, and what to do when one fails. */
export class SyncLoop {
  readonly status$: BehaviorSubject<SyncStatus>;
  readonly progress$ = new Subject<SyncProgress>();
  readonly #context: Context;
  readonly #options: LoopOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #wantsPull = true;
  #leader = false;
  #paused: PauseReason | undefined;
  #failures = 0;
  #lastError: SyncError | undefined;
  #syncedAt: number | undefined;
  #answeredAt: number | undefined;
  #timer: { readonly dueAt: number; readonly cancel: () => void } | undefined;
  /** The timer went off while an exchange ran. */
  #again = false;
  readonly #size: BatchSize;
  /** Rounds in a row after which something else had to be done before anything could be sent. */
  #upsets = 0;
  readonly #pacing: Pacing;
  readonly #scheduler: Scheduler;
  readonly #stops: (() => void)[] = [];

  constructor(context: Context, options: LoopOptions) {
    this.#context = context;
    this.#options = options;
    this.#size = new BatchSize(context.outbox);
    this.#pacing = new Pacing(context);
    this.#scheduler = new Scheduler(context.mirror);
    this.status$ = new BehaviorSubject(this.#derive());
    this.#stops.push(
      context.mirror.listen((moves) => {
        if (this.#failures === 0 && moves.some(({ after }) => after?.state === 'pending')) this.#wake(0);
        this.#tell();
      }),
    );
  }

  /** Takes part in sending by itself. Without it only `sync` sends. */
  start(): void {
    const { connectivity, lease } = this.#options.platform;
    if (connectivity !== undefined) {
      this.#stops.push(
        connectivity.subscribe((online) => {
          if (online) this.nudge();
          this.#tell();
        }),
      );
    }
    if (lease === undefined) this.#lead();
    else {
      lease.acquire(this.#options.name, { signal: this.#closing.signal }).then(
        (release) => {
          this.#stops.push(release);
          if (this.#closing.signal.aborted) release();
          else this.#lead();
        },
        (error: unknown) => {
          if (!this.#closing.signal.aborted) this.#context.emit({ kind: 'error', error: toSyncError(error) });
        },
      );
    }
  }

  /** Pulls, and sends what waits, now: somebody knows that there is something to get. */
  nudge(): void {
    this.#wantsPull = true;
    this.#failures = 0;
    this.#wake(0);
  }

  pause(reason: PauseReason): void {
    this.#paused = reason;
    this.#tell();
  }

  resume(): void {
    this.#paused = undefined;
    this.nudge();
    this.#tell();
  }

  /** Some tab of this store has pulled to the present, at this wall-clock time, ms. */
  pulled(at: number): void {
    if (this.#isAllSent) this.#syncedAt = Math.max(this.#syncedAt ?? at, at);
    this.#tell();
  }

  /** One exchange, in any tab and state but closed: sends all that is ready and pulls to the present. */
  async sync(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw aborted(signal.reason);
    // One that runs may have begun before the last write, and ends with the signal of whoever asked for it.
    while (this.#running !== undefined)
      await withSignal(
        this.#running.catch(() => undefined),
        signal,
      );
    this.#wantsPull = true;
    await withSignal(this.#exchange(signal), signal);
  }

  async close(): Promise<void> {
    this.#closing.abort(new SyncError('aborted', 'the client is closing'));
    this.#timer?.cancel();
    for (const stop of this.#stops.splice(0)) stop();
    await this.#running?.catch(() => undefined);
    this.status$.complete();
    this.progress$.complete();
  }

  #lead(): void {
    this.#leader = true;
    this.#wake(0);
    this.#tell();
  }

  get #isAllSent(): boolean {
    const { pending, contested, conflict } = this.#context.mirror.counts;
    return pending + contested + conflict === 0;
  }

  get #online(): boolean {
    return this.#options.platform.connectivity?.isOnline() ?? true;
  }

  /** Runs the loop after a while, unless it runs sooner anyway. */
  #wake(delayMs: number): void {
    if (this.#closing.signal.aborted || !this.#leader) return;
    const now = this.#context.runtime.now();
    // A timer that is overdue was set before the clock jumped, or before the device slept.
    const isOverdue = this.#timer !== undefined && this.#timer.dueAt < now;
    const dueAt = isOverdue ? now : now + delayMs;
    if (this.#timer !== undefined && !isOverdue && this.#timer.dueAt <= dueAt) return;
    this.#timer?.cancel();
    const cancel = this.#context.runtime.setTimer(dueAt - now, () => {
      this.#timer = undefined;
      if (this.#running !== undefined) this.#again = true;
      else if (this.#paused === undefined && this.#online) this.#exchange().catch(() => undefined);
    });
    this.#timer = { dueAt, cancel };
  }

  /** Single flight: whoever comes while an exchange runs waits for it. */
  #exchange(signal?: AbortSignal): Promise<void> {
    const signals = signal === undefined ? [this.#closing.signal] : [this.#closing.signal, signal];
    this.#running ??= this.#run(AbortSignal.any(signals)).finally(() => {
      this.#running = undefined;
      this.#tell();
    });
    this.#tell();
    return this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#upsets = 0;
    const paused = this.#paused;
    const maySend = () => this.#paused === undefined || this.#paused === paused;
    try {
      do {
        if (this.#wantsPull) await this.#pull(signal);
        while (maySend() && (await this.#push(signal)));
      } while (this.#wantsPull);
      this.#succeed();
    } catch (error) {
      if (signal.aborted) {
        // Given up by whoever asked for it; what waits still goes when its turn comes.
        this.#wake(0);
        throw aborted(error);
      }
      await this.#fail(toSyncError(error), signal);
      throw error;
    }
  }

  async #pull(signal: AbortSignal): Promise<void> {
    this.#wantsPull = false;
    try {
      const report = await pullToPresent(this.#context, {
        signal,
        onPage: (done, total) =>
          this.progress$.next({ phase: 'pull', done, ...(total === undefined ? {} : { total }) }),
      });
      if (report === undefined) return;
      this.#answered();
      this.#publish(report.events);
      if (report.identityLost) await this.#renewIdentity();
      if (report.changes > 0 || report.reset)
        this.#context.emit({ kind: 'pulled', changes: report.changes, reset: report.reset });
    } catch (error) {
      this.#wantsPull = true;
      throw error;
    }
  }

  /** Sends one batch; answers whether there may be another. */
  async #push(signal: AbortSignal): Promise<boolean> {
    const { mirror } = this.#context;
    const total = mirror.size;
    const batch = this.#nextBatch();
    const round = await pushBatch(this.#context, batch, { signal }).catch((error: unknown) =>
      this.#sendLess(batch, error),
    );
    if (round === undefined || round === 'stale') return round !== undefined;
    this.#answered();
    this.#publish(round.events);
    this.#context.emit({
      kind: 'pushed',
      accepted: round.accepted,
      refused: round.refused,
      conflicts: round.conflicts,
    });
    this.progress$.next({ phase: 'push', done: total - mirror.size, total });
    this.#pacing.throttle();
    if (round.identityLost) await this.#renewIdentity();
    if (round.retryAfterMs !== undefined) this.#pacing.putOff(round.retryAfterMs);
    this.#pacing.blocked(round.blocked);
    if (round.needsPull || round.epochChanged) this.#wantsPull = true;
    this.#upsets = round.identityLost || round.epochChanged ? this.#upsets + 1 : 0;
    if (this.#upsets > upsetsMax)
      throw new SyncError(
        'protocol',
        'each time the server has another epoch, or takes this replica for a copy',
      );
    return !this.#wantsPull;
  }

  /** A batch that is too large goes in parts; what is too large by itself does not go at all. */
  async #sendLess(batch: readonly OutboxEntry[], error: unknown): Promise<'stale'> {
    if (!isSyncError(error, 'limit')) throw error;
    if (!this.#size.shrink(batch)) this.#publish(await refuseAll(this.#context, batch, error));
    return 'stale';
  }

  #nextBatch(): OutboxEntry[] {
    const { entities } = this.#context;
    // What belongs to an entity that this tab does not know waits for one that does.
    const mayGo = (entry: OutboxEntry) => entities.has(entry.operation.entity) && this.#pacing.mayGo(entry);
    return this.#scheduler.next({ ...this.#size.limits, mayGo });
  }

  async #renewIdentity(): Promise<void> {
    const replica = await this.#context.committer.run((transaction) =>
      renewIdentity(this.#context, transaction),
    );
    this.#context.emit({ kind: 'identity-changed', replica });
  }

  #succeed(): void {
    const { runtime } = this.#context;
    this.#failures = 0;
    this.#lastError = undefined;
    this.#size.reset();
    if (this.#paused === 'auth') this.#paused = undefined;
    if (this.#isAllSent) this.#syncedAt = runtime.now();
    const { pollIntervalMs } = this.#options;
    for (const delayMs of this.#pacing.waitsMs()) this.#wake(delayMs);
    if (this.#again) this.#wake(0);
    this.#again = false;
    if (pollIntervalMs === 0) return;
    this.#wantsPull = true;
    this.#wake(pollIntervalMs);
  }

  /** No failure of an exchange ever costs an operation an attempt. */
  async #fail(error: SyncError, signal: AbortSignal): Promise<void> {
    this.#lastError = error;
    const { outbox, runtime } = this.#context;
    await this.#remedy(error, signal).catch((failure: unknown) =>
      this.#context.emit({ kind: 'error', error: toSyncError(failure) }),
    );
    if (error.code !== 'network' && error.code !== 'timeout') this.#context.emit({ kind: 'error', error });
    const floorMs = error.retryAfterMs ?? 0;
    const delay = backoffDelayMs(this.#failures++, () => runtime.random(), {
      baseMs: outbox.backoffBaseMs,
      capMs: outbox.backoffCapMs,
      floorMs,
    });
    this.#wake(delay);
  }

  async #remedy(error: SyncError, signal: AbortSignal): Promise<void> {
    const { transport, committer } = this.#context;
    if (error.code === 'unauthenticated') {
      if ((await transport.refreshAuth?.({ signal }).catch(() => false)) !== true) this.#paused ??= 'auth';
    } else if (error.code === 'cursor-expired') {
      await committer.run(startOver);
    }
  }

  #answered(): void {
    this.#answeredAt = this.#context.runtime.now();
  }

  #publish(events: readonly ClientEvent[]): void {
    for (const event of events) this.#context.emit(event);
  }

  #tell(): void {
    if (!this.#closing.signal.aborted) this.status$.next(this.#derive());
  }

  #derive(): SyncStatus {
    return deriveStatus(this.#context.mirror, {
      online: this.#online,
      leader: this.#leader,
      busy: this.#running !== undefined,
      paused: this.#paused,
      lastError: this.#lastError?.toJSON(),
      syncedAt: this.#syncedAt,
      answeredAt: this.#answeredAt,
      now: this.#context.runtime.now(),
    });
  }
}
