import { Subject, type Observable } from 'rxjs';
import type { Platform } from '../contracts/connectivity.js';
import type { EntityDefinition } from '../contracts/entity.js';
import type { OutboxEntry, OutboxOptions } from '../contracts/queue.js';
import type { Runtime } from '../contracts/runtime.js';
import type { StorageAdapter } from '../contracts/storage.js';
import type { TransportAdapter } from '../contracts/transport.js';
import { SyncError, toSyncError } from '../errors.js';
import { byName } from '../resolve/define-entity.js';
import { defaultRuntime } from '../runtime.js';
import { createCollection, writeAll, type Collection, type TransactionCollection } from './collection.js';
import { Committer } from './committer.js';
import { createConflictInbox, type ConflictInbox } from './conflicts.js';
import { outboxDefaults, pageLimitDefault, type Context } from './context.js';
import type { ClientEvent } from './events.js';
import type { SyncProgress } from './exchange.js';
import { explain, type Explanation } from './explain.js';
import { RowFeed } from './feed.js';
import { definitionOf } from './lane.js';
import { OutboxMirror } from './mirror.js';
import type { Intent } from './operations.js';
import { openStore, recoverFromEarlyLoss, recoverFromLoss, type Loss } from './open.js';
import { createOutbox, type Outbox } from './outbox-verbs.js';
import { ReceiptDesk, type Receipt } from './receipts.js';
import { layoutOf, tables, type MetaRows } from './rows.js';
import type { SyncStatus } from './status.js';
import { SyncLoop } from './sync-loop.js';
import { verbsOf } from './verbs.js';

/** What a client is made of. Only `entities`, `storage` and `transport` have no default. */
export interface ClientOptions {
  /** Every entity this client reads or writes; only these are pulled. */
  readonly entities: readonly EntityDefinition<object>[];
  /** One for each server and user; opened by the client, and closed with it. */
  readonly storage: StorageAdapter;
  /** The way to the server; closed with the client. */
  readonly transport: TransportAdapter;
  /** Connectivity and the lease among tabs. Default: always online, always the only tab. */
  readonly platform?: Platform;
  /** Whose data this is. A store that holds another user's unsent writes is not opened; their other data are removed. */
  readonly user?: string;
  /** What is synced and ordered together. Default: what the server gives the caller. */
  readonly space?: string;
  /** Sizes, attempts and delays of sending. */
  readonly outbox?: Partial<OutboxOptions>;
  /** Changes per pulled page. Default 1,000. */
  readonly pageLimit?: number;
  /** Time between pulls when nothing else asks for one. Default 30,000; 0: never. */
  readonly pollIntervalMs?: number;
  /** Name of the lease that the tabs of one store share. Default: the store's replica id. */
  readonly name?: string;
  /** Whether to sync by itself. Default true; otherwise only `sync()` does. */
  readonly auto?: boolean;
  /** Clock, timers, chance and ids. Default: the platform's. */
  readonly runtime?: Runtime;
}

/** What to do with unsent writes when the client closes. */
export type PendingChoice = 'keep' | 'drain' | 'export' | 'discard';

/** Local reads and durable writes, with sync in the background. Made by `createSyncClient`. */
export interface SyncClient extends AsyncDisposable {
  /** The records of one entity. Throws `validation` for one that is not listed in `entities`. */
  collection<T extends object>(definition: EntityDefinition<T>): Collection<T>;
  /**
   * Writes with one fate: durable together here, applied together or not at all at the server. `build` may not be async:
   * what it needs is read before. Rejects with `limit` for more writes than one batch holds, 500 by default.
   */
  transaction(
    build: (tx: {
      collection<T extends object>(definition: EntityDefinition<T>): TransactionCollection<T>;
    }) => void,
  ): Promise<readonly Receipt[]>;
  /** Name of this store in stamps, clocks and decisions; changes when the store turns out to be a copy. */
  readonly replica: string;
  /** The status, now and whenever it is derived anew. */
  readonly status$: Observable<SyncStatus>;
  /** The status now. */
  status(): SyncStatus;
  /** What happens, from now on: merges, conflicts, dead letters, losses, errors. */
  readonly events$: Observable<ClientEvent>;
  /** How far a push or pull is, while one is under way. */
  readonly progress$: Observable<SyncProgress>;
  /** Writes that wait for a person. */
  readonly conflicts: ConflictInbox;
  /** Writes that the server has not accepted, and those it refused. */
  readonly outbox: Outbox;
  /** Why a record is as it is, and what keeps its writes from the server. */
  explain<T extends object>(definition: EntityDefinition<T>, id: string): Promise<Explanation>;
  /** Sends all that is ready and pulls to the present. Rejects with what went wrong; nothing is lost by that. */
  sync(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Stops, and closes the store. `keep` (default) leaves unsent writes for the next start; `drain` sends them first and
   * rejects, staying open, when that fails; `export` resolves with them as JSON text; `discard` deletes the store.
   */
  close(options?: {
    readonly pending?: PendingChoice;
    readonly signal?: AbortSignal;
  }): Promise<string | undefined>;
}

/**
 * Opens a client: local reads and durable writes at once, sync in the background.
 *
 * Rejects with `pending-work` when the store holds another user's unsent writes, and with `storage-*` when it cannot be
 * opened.
 *
 * @example
 * ```ts
 * import { createSyncClient, defineEntity } from 'syncline';
 * import { memoryStorage } from 'syncline/storage/memory';
 * import { httpTransport } from 'syncline/transport/http';
 * import { z } from 'zod';
 *
 * const note = defineEntity({ name: 'note', schema: z.object({ id: z.string(), text: z.string() }) });
 * const client = await createSyncClient({
 *   entities: [note],
 *   storage: memoryStorage(),
 *   transport: httpTransport({ url: 'http://127.0.0.1:4477/api/v1/sync' }),
 * });
 * await client.collection(note).create({ text: 'durable as soon as this resolves' });
 * await client.close();
 * ```
 */
export async function createSyncClient(options: ClientOptions): Promise<SyncClient> {
  const { storage, runtime = defaultRuntime, platform = {} } = options;
  const entities = byName(options.entities);
  const mirror = new OutboxMirror();
  const feed = new RowFeed();
  const events$ = new Subject<ClientEvent>();
  const identity = { replica: '' };
  followMeta(feed, 'replica', ({ replica }) => (identity.replica = replica));
  const committer = new Committer(storage, (moves) => {
    mirror.follow(moves);
    feed.publish(moves);
  });
  const context: Context = {
    entities,
    storage,
    transport: options.transport,
    runtime,
    committer,
    mirror,
    feed,
    desk: new ReceiptDesk(mirror),
    outbox: { ...outboxDefaults, ...options.outbox },
    space: options.space,
    pageLimit: options.pageLimit ?? pageLimitDefault,
    emit: (event) => events$.next(event),
    report: (error) => events$.next({ kind: 'error', error: toSyncError(error) }),
    closed$: new Subject(),
  };
  const early: Loss[] = [];
  let lost = (loss: Loss): unknown => early.push(loss);
  await storage.open(layoutOf(entities.values()), {
    changed: (rows) => void committer.refresh(rows).catch(context.report),
    lost: (loss) => lost(loss),
    closed: (reason) => context.report(new SyncError('storage-closed', reason)),
  });
  try {
    const opened = await openStore(context, options.user);
    // Unless a commit of another tab has given it a new name meanwhile.
    identity.replica ||= opened;
  } catch (error) {
    // Nobody is given a client that could close it.
    await storage.close().catch(() => undefined);
    throw error;
  }
  // Tabs of one store share its replica id, and nobody else does.
  const name = options.name ?? identity.replica;
  const loop = new SyncLoop(context, { platform, name, pollIntervalMs: options.pollIntervalMs ?? 30_000 });
  followMeta(feed, 'sync', ({ pulledAt }) => {
    if (pulledAt !== undefined) loop.pulled(pulledAt);
  });
  const client = assemble(context, { identity, loop, events$, platform });
  await recoverFromEarlyLoss(context, early);
  lost = (loss) => recoverFromLoss(context, loss);
  if (options.auto !== false) loop.start();
  return client;
}

/** Tells of a row of `meta` as each commit that moves it leaves it. */
function followMeta<K extends keyof MetaRows>(feed: RowFeed, id: K, tell: (row: MetaRows[K]) => void): void {
  feed.listen(tables.meta, (moves) => {
    const row = moves.find((move) => move.id === id)?.value;
    if (row !== undefined) tell(row as unknown as MetaRows[K]);
  });
}

interface Parts {
  readonly identity: { readonly replica: string };
  readonly loop: SyncLoop;
  readonly events$: Subject<ClientEvent>;
  readonly platform: Platform;
}

function assemble(context: Context, { identity, loop, events$, platform }: Parts): SyncClient {
  const { committer, desk, storage } = context;
  let closing: Promise<string | undefined> | undefined;
  const close = async (
    pending: PendingChoice,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> => {
    if (pending === 'drain') await drain(context, loop, signal);
    await loop.close();
    await committer.idle();
    const exported = pending === 'export' ? client.outbox.export() : undefined;
    desk.close(
      pending === 'discard'
        ? 'The write was discarded with the store.'
        : 'The write is durable and will be sent when the client is opened again.',
    );
    await (pending === 'discard' ? storage.destroy() : storage.close());
    platform.close?.();
    context.transport.close?.();
    context.closed$.next();
    events$.complete();
    return exported;
  };
  const client: SyncClient = {
    get replica() {
      return identity.replica;
    },
    collection: <T extends object>({ name }: EntityDefinition<T>) =>
      createCollection<T>(context, definitionOf(context, name)),
    transaction: async (build) => writeAll(context, intentsBuiltBy(context, build), true),
    status$: loop.status$.asObservable(),
    status: () => loop.status$.value,
    events$: events$.asObservable(),
    progress$: loop.progress$,
    conflicts: createConflictInbox(context),
    outbox: createOutbox(context, loop),
    explain: ({ name }, id) => explain(context, definitionOf(context, name).name, id),
    sync: ({ signal } = {}) => loop.sync(signal),
    close({ pending = 'keep', signal } = {}) {
      closing ??= close(pending, signal).catch((error: unknown) => {
        closing = undefined;
        throw error;
      });
      return closing;
    },
    async [Symbol.asyncDispose]() {
      await client.close();
    },
  };
  return client;
}

async function drain(context: Context, loop: SyncLoop, signal: AbortSignal | undefined): Promise<void> {
  await loop.sync(signal, true);
  const left = context.mirror.entries().filter(({ state }: OutboxEntry) => state !== 'accepted').length;
  if (left === 0) return;
  throw new SyncError('pending-work', `${left} operations could not be sent`, {
    hint: 'Settle client.conflicts and client.outbox.deadLetters(), or close with another choice.',
  });
}

/** What `build` asks for while it runs. What it would ask for later would be in no commit. */
function intentsBuiltBy(
  context: Context,
  build: Parameters<SyncClient['transaction']>[0],
): readonly Intent[] {
  const intents: Intent[] = [];
  let isOver = false;
  const keep = (make: () => Intent) => {
    if (isOver) throw tooLate('a transaction is over when its function has returned');
    const intent = make();
    intents.push(intent);
    return intent.id;
  };
  const built: unknown = build({
    collection: ({ name }) => verbsOf(context, definitionOf(context, name), keep),
  });
  isOver = true;
  if (!(built instanceof Promise)) return intents;
  // It may go on, and fail at the next thing it asks for.
  built.catch(() => undefined);
  throw tooLate('the function of a transaction may not be async');
}

function tooLate(message: string): SyncError {
  return new SyncError('validation', message, {
    hint: 'This was not stored. Await what it needs before the transaction.',
  });
}
