import { BehaviorSubject, type Observable } from 'rxjs';
import type { Platform } from '../contracts/connectivity.js';
import { SyncError, toSyncError } from '../errors.js';
import { aborted, withSignal, withSignals } from './abort.js';
import type { Context } from './context.js';
import { Exchange, type SyncProgress } from './exchange.js';
import { retryDelayMs } from './pacing.js';
import { deriveStatus, type PauseReason, type SyncStatus } from './status.js';

export interface LoopOptions {
  readonly platform: Platform;
  /** Name of the lease: tabs that share it share one store. */
  readonly name: string;
  /** Between pulls when nothing else asks for one. 0: never. */
  readonly pollIntervalMs: number;
}

/** Decides when there is an exchange, one at a time, and when the next one comes after a failure. */
export class SyncLoop {
  readonly status$: BehaviorSubject<SyncStatus>;
  readonly progress$: Observable<SyncProgress>;
  readonly #context: Context;
  readonly #options: LoopOptions;
  readonly #exchange: Exchange;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #leader = false;
  #paused: PauseReason | undefined;
  #failures = 0;
  #lastError: SyncError | undefined;
  #syncedAt: number | undefined;
  #timer: { readonly dueAt: number; readonly cancel: () => void } | undefined;
  /** The timer went off while an exchange ran. */
  #again = false;
  readonly #stops: (() => void)[] = [];

  constructor(context: Context, options: LoopOptions) {
    this.#context = context;
    this.#options = options;
    this.#exchange = new Exchange(context);
    this.progress$ = this.#exchange.progress$.asObservable();
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
          if (!this.#closing.signal.aborted) this.#context.report(error);
        },
      );
    }
  }

  /** Pulls, and sends what waits, now: somebody knows that there is something to get. */
  nudge(): void {
    this.#exchange.wantsPull = true;
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

  /** One exchange, in any tab and state but closed: sends all that is ready (`hurries`: throttled or not), and pulls. */
  async sync(signal?: AbortSignal, hurries?: boolean): Promise<void> {
    if (signal?.aborted === true) throw aborted(signal.reason);
    // One that runs may have begun before the last write, and ends with the signal of whoever asked for it.
    while (this.#running !== undefined)
      await withSignal(
        this.#running.catch(() => undefined),
        signal,
      );
    this.#exchange.wantsPull = true;
    await withSignal(this.#once(signal, hurries), signal);
  }

  async close(): Promise<void> {
    this.#closing.abort(new SyncError('aborted', 'the client is closing'));
    this.#timer?.cancel();
    for (const stop of this.#stops.splice(0)) stop();
    await this.#running?.catch(() => undefined);
    this.status$.complete();
    this.#exchange.progress$.complete();
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
      else if (this.#paused === undefined && this.#online) this.#once().catch(() => undefined);
    });
    this.#timer = { dueAt, cancel };
  }

  /** Single flight: whoever comes while an exchange runs waits for it. */
  #once(signal?: AbortSignal, hurries = false): Promise<void> {
    this.#exchange.pacing.hurries = hurries;
    this.#running ??= withSignals([this.#closing.signal, signal], (either) => this.#run(either)).finally(
      () => {
        this.#running = undefined;
        this.#tell();
      },
    );
    this.#tell();
    return this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const paused = this.#paused;
    try {
      await this.#exchange.run(signal, () => this.#paused === undefined || this.#paused === paused);
      this.#succeed();
    } catch (error) {
      if (signal.aborted) {
        // Given up by whoever asked for it; what waits still goes when its turn comes.
        this.#wake(0);
        throw aborted(error);
      }
      const failure = toSyncError(error);
      await this.#fail(failure, signal);
      throw failure;
    }
  }

  #succeed(): void {
    const { runtime } = this.#context;
    this.#failures = 0;
    this.#lastError = undefined;
    if (this.#paused === 'auth') this.#paused = undefined;
    if (this.#isAllSent) this.#syncedAt = runtime.now();
    const { pollIntervalMs } = this.#options;
    for (const delayMs of this.#exchange.pacing.waitsMs()) this.#wake(delayMs);
    if (this.#again) this.#wake(0);
    this.#again = false;
    if (!(pollIntervalMs > 0)) return;
    this.#exchange.wantsPull = true;
    this.#wake(pollIntervalMs);
  }

  /** No failure of an exchange ever costs an operation an attempt. */
  async #fail(error: SyncError, signal: AbortSignal): Promise<void> {
    this.#lastError = error;
    try {
      if (await this.#exchange.remedy(error, signal)) this.#paused ??= 'auth';
    } catch (failure) {
      this.#context.report(failure);
    }
    if (error.code !== 'network' && error.code !== 'timeout') this.#context.report(error);
    this.#wake(retryDelayMs(this.#context, this.#failures++, error.retryAfterMs));
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
      answeredAt: this.#exchange.answeredAt,
      now: this.#context.runtime.now(),
    });
  }
}
