import type { OutboxEntry } from '../contracts/queue.js';
import { defined } from '../diff/shape.js';
import { SyncError } from '../errors.js';
import type { MirrorMove, OutboxMirror } from './mirror.js';

/** Proof of a durable write. */
export interface Receipt {
  /** The record written. */
  readonly id: string;
  /** The operation; `undefined` when nothing had changed, so nothing was written. */
  readonly operationId: string | undefined;
  /**
   * Resolves when the server has accepted the write, which may take days. Rejects with `rejected` when it was refused
   * for good or given up, with `conflict` when it waits for a person, and with `storage-closed` when the client is closed
   * first.
   */
  readonly accepted: Promise<void>;
}

/** Somebody who asked before there was an answer. */
interface Waiter {
  readonly promise: Promise<void>;
  readonly answer: (settled: Promise<void>) => void;
}

/** Only who asks is answered: a refusal that nobody waits for is no unhandled rejection. */
class LazyReceipt implements Receipt {
  readonly id: string;
  readonly operationId: string | undefined;
  readonly #desk: ReceiptDesk;

  constructor(id: string, operationId: string | undefined, desk: ReceiptDesk) {
    this.id = id;
    this.operationId = operationId;
    this.#desk = desk;
  }

  get accepted(): Promise<void> {
    return this.operationId === undefined ? Promise.resolve() : this.#desk.accepted(this.operationId);
  }
}

/** Settles the `accepted` promises of receipts from what becomes of the outbox. */
export class ReceiptDesk {
  readonly #mirror: OutboxMirror;
  readonly #waiters = new Map<string, Waiter>();
  /** Operations that another took the place of, and dead letters that were given up: nothing did. */
  readonly #disposed = new Map<string, string | undefined>();
  #closed: SyncError | undefined;

  constructor(mirror: OutboxMirror) {
    this.#mirror = mirror;
    mirror.listen((moves) => this.#follow(moves));
  }

  receipt(id: string, operationId: string | undefined): Receipt {
    return new LazyReceipt(id, operationId, this);
  }

  /** Rejects all that still wait, and all that is asked from now on about what does. */
  close(hint: string): void {
    this.#closed = new SyncError('storage-closed', 'the client was closed before the server answered', {
      hint,
    });
    for (const id of this.#waiters.keys()) this.#answer(id);
  }

  /** What `Receipt.accepted` says of an operation. */
  accepted(operationId: string): Promise<void> {
    if (this.#disposed.has(operationId)) {
      const next = this.#disposed.get(operationId);
      return next === undefined ? Promise.reject(givenUp(operationId)) : this.accepted(next);
    }
    const waiting = this.#waiters.get(operationId);
    if (waiting !== undefined) return waiting.promise;
    const entry = this.#mirror.get(operationId);
    if (entry === undefined || isSettled(entry)) return settle(entry);
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const waiter = newWaiter();
    this.#waiters.set(operationId, waiter);
    return waiter.promise;
  }

  #follow(moves: readonly MirrorMove[]): void {
    for (const { id, before, after } of moves) {
      if (before?.state === 'dead' && after === undefined) this.#disposed.set(id, undefined);
    }
    for (const { id, before, after } of moves) {
      const replaced = after?.operation.replaces;
      if (before === undefined && replaced !== undefined) this.#disposed.set(replaced, id);
    }
    if (this.#waiters.size === 0) return;
    for (const { id, after } of moves) {
      const replaced = after?.operation.replaces;
      if (replaced !== undefined && this.#disposed.has(replaced)) this.#answer(replaced);
      if (after === undefined || isSettled(after)) this.#answer(id);
    }
  }

  /** Whoever waits for an operation is told what there is to tell now, or waits for what took its place. */
  #answer(operationId: string): void {
    const waiter = this.#waiters.get(operationId);
    this.#waiters.delete(operationId);
    waiter?.answer(this.accepted(operationId));
  }
}

function givenUp(operationId: string): SyncError {
  return new SyncError('rejected', 'the write was refused, and then given up', { operationId });
}

function isSettled({ state }: OutboxEntry): boolean {
  return state === 'accepted' || state === 'dead' || state === 'conflict';
}

async function settle(entry: OutboxEntry | undefined): Promise<void> {
  if (entry === undefined || entry.state === 'accepted') return;
  const { operation, state, error } = entry;
  const options = { operationId: operation.id, ...defined({ details: error?.details }) };
  if (state === 'conflict')
    throw new SyncError('conflict', `${operation.entity} ${operation.entityId} waits for a person`, {
      ...options,
      hint: 'See client.conflicts.',
    });
  throw new SyncError('rejected', error?.message ?? 'refused', {
    ...options,
    hint: 'See client.outbox.deadLetters().',
  });
}

function newWaiter(): Waiter {
  let answer: Waiter['answer'] = () => undefined;
  const promise = new Promise<void>((resolve) => (answer = resolve));
  return { promise, answer };
}
