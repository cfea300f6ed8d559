/**
 * The sync service, and the contract of its store.
 *
 * @module syncline/server
 */
import { createCalls, type ServerCalls } from './calls.js';
import { compact, type CompactOptions } from './compact.js';
import { createContext } from './context.js';
import { createFetch } from './http/fetch.js';
import type { Identity, SyncServerOptions } from './options.js';

export { refusalOf } from '../protocol/refusals.js';
export type { BusRing, ServerBus } from '../contracts/server-bus.js';
export type {
  ChangesQuery,
  OutcomesQuery,
  RecordedOutcome,
  RecordKey,
  ServerRecord,
  ServerStore,
  StoredOutcome,
  StoreTransaction,
} from '../contracts/server-store.js';
export type { ConflictsAnswer, DeltaAnswer, OpenConflict, ResolveAnswer } from '../protocol/desk.js';
export type { ServerCalls } from './calls.js';
export type { CompactOptions } from './compact.js';
export type { AccessRequest, Identity, SyncServerOptions } from './options.js';

/** A sync service over one store: as a function from `Request` to `Response`, and as calls for code beside it. */
export interface SyncServer<I extends Identity = Identity> extends ServerCalls<I> {
  /** Answers an HTTP request, on any platform with web-standard requests. Never rejects. */
  fetch(request: Request): Promise<Response>;
  /** Drops what is too old to be needed. */
  compact(options?: CompactOptions): Promise<void>;
  /** Closes the store. */
  close(): Promise<void>;
}

/**
 * A sync server. Whatever is not allowed is refused: without `authenticate` nobody is known over HTTP, and without
 * `authorize` nothing may be read or written.
 *
 * Throws `SyncError` `validation` for limits that make no sense.
 *
 * @example
 * ```ts
 * import { defineEntity } from 'syncline';
 * import { createSyncServer } from 'syncline/server';
 * import { memoryStore } from 'syncline/server-store/memory';
 * import { z } from 'zod';
 *
 * const note = defineEntity({ name: 'note', schema: z.object({ id: z.string(), text: z.string() }) });
 * const server = createSyncServer({
 *   entities: [note],
 *   store: memoryStore(),
 *   authenticate: (request) => (request.headers.get('authorization') === 'Bearer ada-token' ? { id: 'ada' } : null),
 *   authorize: ({ identity, action }) => identity.id === 'ada' || action === 'read',
 * });
 * const answer = await server.fetch(new Request('https://sync.example/api/v1/sync/health'));
 * if (answer.status !== 200) throw new Error('not well');
 * ```
 */
export function createSyncServer<I extends Identity = Identity>(
  options: SyncServerOptions<I>,
): SyncServer<I> {
  const context = createContext(options);
  const calls = createCalls<I>(context);
  return {
    ...calls,
    fetch: createFetch(context, options, calls),
    compact: (compactOptions) => compact(context, compactOptions),
    close: () => context.store.close(),
  };
}
