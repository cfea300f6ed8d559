import { Subject } from 'rxjs';
import type { OutboxEntry } from '../contracts/queue.js';
import { defined } from '../diff/shape.js';
import { isSyncError, SyncError } from '../errors.js';
import { BatchSize, refuseAll } from './batch-size.js';
import type { Context } from './context.js';
import type { ClientEvent } from './events.js';
import { renewIdentity } from './identity.js';
import { Pacing } from './pacing.js';
import { pullToPresent, startOver } from './pull.js';
import { pushBatch } from './push.js';
import { createScheduler } from './scheduler.js';

/** How far a long job is. `total` is absent while nobody knows it. */
export interface SyncProgress {
  readonly phase: 'push' | 'pull';
  readonly done: number;
  readonly total?: number;
}

/** Identities or epochs that may change in a row before it is called a fault of the server. */
const upsetsMax = 3;

/** What is said in one exchange: a pull, batch after batch, and another pull where an answer asks for one. */
export class Exchange {
  readonly progress$ = new Subject<SyncProgress>();
  readonly pacing: Pacing;
  /** The next one begins with a pull. */
  wantsPull = true;
  /** Wall-clock time of the last answer of any kind, ms. */
  answeredAt: number | undefined;
  readonly #context: Context;
  readonly #nextOf: ReturnType<typeof createScheduler>;
  readonly #size: BatchSize;
  /** Rounds in a row after which something else had to be done before anything could be sent. */
  #upsets = 0;

  constructor(context: Context) {
    this.#context = context;
    this.pacing = new Pacing(context);
    this.#nextOf = createScheduler(context.mirror);
    this.#size = new BatchSize(context.outbox);
  }

  /** Pulls to the present, and sends all that is ready as long as it may. */
  async run(signal: AbortSignal, maySend: () => boolean): Promise<void> {
    this.#upsets = 0;
    do {
      if (this.wantsPull) await this.#pull(signal);
      while (maySend() && (await this.#push(signal)));
    } while (this.wantsPull);
    this.#size.reset();
  }

  /** Does what lets the next one go further than the one that failed. Answers whether it has to wait for somebody to sign in. */
  async remedy(error: SyncError, signal: AbortSignal): Promise<boolean> {
    const { transport, committer } = this.#context;
    if (error.code === 'unauthenticated')
      return (await transport.refreshAuth?.({ signal }).catch(() => false)) !== true;
    if (error.code === 'cursor-expired') await committer.run(startOver);
    return false;
  }

  async #pull(signal: AbortSignal): Promise<void> {
    this.wantsPull = false;
    try {
      const report = await pullToPresent(this.#context, {
        signal,
        onPage: (done, total) => this.progress$.next({ phase: 'pull', done, ...defined({ total }) }),
      });
      if (report === undefined) return;
      await this.#answered(report);
      if (report.changes > 0 || report.reset)
        this.#context.emit({ kind: 'pulled', changes: report.changes, reset: report.reset });
    } catch (error) {
      this.wantsPull = true;
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
    const { accepted, refused, conflicts } = round;
    await this.#answered(round);
    this.#context.emit({ kind: 'pushed', accepted, refused, conflicts });
    this.progress$.next({ phase: 'push', done: total - mirror.size, total });
    this.pacing.throttle();
    if (round.retryAfterMs !== undefined) this.pacing.putOff(round.retryAfterMs);
    this.pacing.blocked(round.blocked);
    if (round.needsPull || round.epochChanged) this.wantsPull = true;
    this.#upsets = round.identityLost || round.epochChanged ? this.#upsets + 1 : 0;
    if (this.#upsets > upsetsMax)
      throw new SyncError(
        'protocol',
        'each time the server has another epoch, or takes this replica for a copy',
      );
    return !this.wantsPull;
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
    const mayGo = (entry: OutboxEntry) => entities.has(entry.operation.entity) && this.pacing.mayGo(entry);
    return this.#nextOf({ ...this.#size.limits, mayGo });
  }

  /** What a push and a pull have in common, once their answer is stored. */
  async #answered({ events, identityLost }: Answered): Promise<void> {
    const { committer, runtime } = this.#context;
    this.answeredAt = runtime.now();
    this.#publish(events);
    if (!identityLost) return;
    const replica = await committer.run((transaction) => renewIdentity(this.#context, transaction));
    this.#publish([{ kind: 'identity-changed', replica }]);
  }

  #publish(events: readonly ClientEvent[]): void {
    for (const event of events) this.#context.emit(event);
  }
}

interface Answered {
  readonly events: readonly ClientEvent[];
  readonly identityLost: boolean;
}
