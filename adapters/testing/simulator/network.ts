import { SyncError, toSyncError, type OperationResult, type TransportAdapter } from 'syncline';
import { loopbackTransport, type LoopbackMiddleware } from 'syncline/transport/loopback';
import type { Device, Tab } from './device.js';
import type { FaultKind } from './faults.js';
import type { Hub } from './hub.js';
import type { Life, Surroundings } from './surroundings.js';
import { tellAnswer, tellRequest } from './telling.js';

/** How long a device waits for an answer. */
const patienceMs = 15_000;
/** The longest pause the server asks for. */
const pauseMaxMs = 20_000;

const onRequest: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'request-lost',
  'answer-lost',
  'answer-delayed',
  'request-late',
  'request-duplicated',
  'answer-of-duplicate',
  'rate-limited',
  'server-error',
]);
const onPush: ReadonlySet<FaultKind> = new Set<FaultKind>([
  ...onRequest,
  'operation-put-off',
  'batch-too-large',
]);

/** What lies between one device and the server. */
export class Link {
  readonly #around: Surroundings;
  readonly #device: Device;
  readonly #hub: Hub;
  /** Until when nothing passes, for requests and for answers. */
  readonly cutUntil = { out: 0, in: 0 };
  cutBy: FaultKind = 'partition';
  tokenLostUntil = 0;
  /** Whether a lost token can be renewed before it comes back by itself. */
  renewable = true;
  calls = 0;
  sentByTwo = 0;
  /** Operation → the tab that sent it first; `undefined` once another one did, too. */
  readonly #senders = new Map<string, Tab | undefined>();

  constructor(around: Surroundings, device: Device, hub: Hub) {
    this.#around = around;
    this.#device = device;
    this.#hub = hub;
  }

  /** A tab's transport. The calls of a stopped tab go on without it. */
  transport(tab: Tab, life: Life): TransportAdapter {
    const middleware: LoopbackMiddleware = async ({ kind, request, signal }, next) => {
      if (!life.alive) await nothing();
      this.calls++;
      const call = this.#around.timeline.nextCall();
      try {
        return await this.#patiently(signal, this.#carry({ tab, kind, request, call }, next));
      } catch (error) {
        if (life.alive)
          this.#around.timeline.add(() => ({
            ...tab.place,
            kind: 'lost',
            call,
            text: toSyncError(error).message,
          }));
        throw error;
      } finally {
        if (!life.alive) await nothing();
      }
    };
    return {
      ...loopbackTransport(this.#hub.server, { identity: { id: 'ada' }, middleware }),
      refreshAuth: async () => {
        if (this.renewable) this.tokenLostUntil = 0;
        return this.renewable;
      },
    };
  }

  heal(): void {
    this.cutUntil.out = this.cutUntil.in = this.tokenLostUntil = 0;
    this.#device.faults.clear();
  }

  /** The answer, unless it takes too long or is not wanted any more. */
  #patiently(signal: AbortSignal, call: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const stop = this.#around.clock.after(patienceMs, () => reject(new SyncError('timeout', 'no answer')));
      const giveUp = () => reject(new SyncError('aborted', 'the call was given up'));
      signal.addEventListener('abort', giveUp);
      void call.then(resolve, reject).finally(() => {
        stop();
        signal.removeEventListener('abort', giveUp);
      });
    });
  }

  async #carry(sent: Sending, next: (request: unknown) => Promise<unknown>): Promise<unknown> {
    const { clock, timeline } = this.#around;
    const { tab, kind, request, call } = sent;
    const planned = this.#device.faults.strike(kind === 'push' ? onPush : onRequest);
    const fault = planned?.fault;
    const lateMs = 1_000 + (planned?.ms ?? 0);
    timeline.add(() => ({ ...tab.place, kind: 'sent', call, text: tellRequest(kind, request) }));
    if (fault !== undefined) timeline.add(() => ({ ...tab.place, kind: 'fault', text: fault }));
    this.#noteSender(tab, request);
    await this.#travel('out', sent);
    if (fault === 'request-lost') return this.#lost(sent, 'the request is lost');
    if (fault === 'rate-limited')
      throw new SyncError('network', 'too many requests', { retryAfterMs: lateMs % pauseMaxMs });
    if (fault === 'batch-too-large' && isSeveral(request as Push))
      throw new SyncError('limit', 'the batch is too large');
    if (fault === 'server-error') throw new SyncError('network', 'the server failed');
    if (fault === 'request-late') await clock.sleep(patienceMs + lateMs);
    this.#admit();
    const asked = (): Promise<unknown> => this.#ask(sent, next);
    if (fault === 'operation-put-off') return this.#putOff(request as Push, next);
    if (fault === 'answer-of-duplicate') await asked().catch(() => undefined);
    if (fault === 'request-duplicated') clock.after(lateMs, () => void asked().catch(() => undefined));
    const answer = await asked();
    if (fault === 'answer-lost') return this.#lost(sent, 'the answer is lost');
    if (fault === 'answer-delayed') await clock.sleep(lateMs);
    await this.#travel('in', sent);
    if (kind === 'pull' && fault === undefined && tellAnswer(answer).isEmpty) timeline.leaveOut(call);
    timeline.add(() => ({ ...tab.place, kind: 'heard', call, text: `hears ${tellAnswer(answer).text}` }));
    return answer;
  }

  async #ask({ request, call }: Sending, next: (request: unknown) => Promise<unknown>): Promise<unknown> {
    const answer = await next(request);
    this.#around.timeline.add(() => ({ kind: 'answered', call, text: `answers ${tellAnswer(answer).text}` }));
    return answer;
  }

  #noteSender(tab: Tab, request: unknown): void {
    for (const { id } of (request as Partial<Push>).operations ?? []) {
      const first = this.#senders.has(id) ? this.#senders.get(id) : tab;
      this.#senders.set(id, first === tab ? tab : undefined);
      if (first !== undefined && first !== tab) this.sentByTwo++;
    }
  }

  async #travel(direction: 'out' | 'in', sent: Sending): Promise<void> {
    const { clock, random, profile } = this.#around;
    await clock.sleep(1 + random.int(profile.netMs / 2));
    if (clock.now >= this.cutUntil[direction]) return;
    this.#device.faults.count(this.cutBy);
    await this.#lost(sent, `the ${direction === 'out' ? 'request' : 'answer'} is lost: ${this.cutBy}`);
  }

  /** No word ever comes back; the sender's patience ends it. */
  #lost({ tab, call }: Sending, text: string): Promise<never> {
    this.#around.timeline.add(() => ({ ...tab.place, kind: 'lost', call, text }));
    return nothing();
  }

  #admit(): void {
    const { clock } = this.#around;
    if (clock.now < this.#hub.downUntil) {
      this.#hub.faults.count('server-down');
      throw new SyncError('network', 'the server is away');
    }
    if (clock.now < this.tokenLostUntil) {
      this.#device.faults.count('token-expired');
      throw new SyncError('unauthenticated', 'who is this?');
    }
  }

  /** The first operation waits, and all that the server would not take without it. */
  async #putOff(request: Push, next: (request: unknown) => Promise<unknown>): Promise<unknown> {
    const [first] = request.operations;
    if (first === undefined) return next(request);
    const isHeld = ({ id, entity, entityId, transaction }: Sent): boolean =>
      id === first.id ||
      (entity === first.entity && entityId === first.entityId) ||
      (transaction !== undefined && transaction.id === first.transaction?.id);
    const held = closure(request.operations, isHeld);
    const passed = request.operations.filter((operation) => !held.has(operation.id));
    const answer = (await next({ ...request, operations: passed })) as {
      results: readonly OperationResult[];
    };
    const byId = new Map(answer.results.map((result) => [result.id, result]));
    const results = request.operations.map(({ id }): OperationResult => {
      if (id === first.id) return { id, status: 'retry', code: 'busy' };
      return byId.get(id) ?? { id, status: 'blocked', by: first.id };
    });
    return { ...answer, results };
  }
}

/** A call on its way. */
interface Sending {
  readonly tab: Tab;
  readonly kind: 'push' | 'pull';
  readonly request: unknown;
  readonly call: number;
}

interface Sent {
  readonly id: string;
  readonly entity: string;
  readonly entityId: string;
  readonly transaction?: { readonly id: string };
  readonly dependsOn?: readonly string[];
}

interface Push {
  readonly operations: readonly Sent[];
}

/** Operations that are held up, and those that share a record, a group or a need with them, in the order of the batch. */
function closure(operations: readonly Sent[], isHeld: (operation: Sent) => boolean): ReadonlySet<string> {
  const held = new Set<string>();
  const lanes = new Set<string>();
  const groups = new Set<string>();
  for (let before = -1; before !== held.size;) {
    before = held.size;
    for (const operation of operations) {
      const { id, entity, entityId, transaction, dependsOn = [] } = operation;
      const lane = `${entity}/${entityId}`;
      const drawn =
        lanes.has(lane) ||
        (transaction !== undefined && groups.has(transaction.id)) ||
        dependsOn.some((need) => held.has(need));
      if (held.has(id) || !(isHeld(operation) || drawn)) continue;
      held.add(id);
      lanes.add(lane);
      if (transaction !== undefined) groups.add(transaction.id);
    }
  }
  return held;
}

/** Whether the batch could be sent in smaller parts. */
function isSeveral({ operations }: Push): boolean {
  return new Set(operations.map(({ id, transaction }) => transaction?.id ?? id)).size > 1;
}

function nothing(): Promise<never> {
  return new Promise(() => undefined);
}
