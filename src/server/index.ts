import type { PullAnswer, PushAnswer } from '../contracts/transport.js';
import { parsePullRequest, parsePushRequest } from '../protocol/parse.js';
import { createContext } from './context.js';
import type { Identity, SyncServerOptions } from './options.js';
import { pull } from './pull.js';
import { push } from './push.js';

export { refusalOf } from '../protocol/refusals.js';
export type {
  ChangesQuery,
  OutcomesQuery,
  RecordKey,
  ServerRecord,
  ServerStore,
  StoredOutcome,
  StoreTransaction,
} from '../contracts/server-store.js';
export type { AccessRequest, Identity, ServerBus, SyncServerOptions } from './options.js';

/** A sync service over one store. Every call takes untrusted input and throws `SyncError` for a refusal. */
export interface SyncServer<I extends Identity = Identity> {
  /** What `POST /push` does, for a caller that is known. `request` is a parsed or unparsed JSON body. */
  push(identity: I, request: unknown): Promise<PushAnswer>;
  /** What `POST /pull` does, for a caller that is known. */
  pull(identity: I, request: unknown): Promise<PullAnswer>;
  close(): Promise<void>;
}

export function createSyncServer<I extends Identity = Identity>(
  options: SyncServerOptions<I>,
): SyncServer<I> {
  const context = createContext(options);
  return {
    async push(identity, input) {
      const request = parsePushRequest(input, context.limits);
      const space = context.spaceOf(identity, request.space);
      const results = await push(context, { identity, space }, request);
      return { ...(await context.envelope()), results };
    },
    async pull(identity, input) {
      const request = parsePullRequest(input, context.limits);
      const space = context.spaceOf(identity, request.space);
      const page = await pull(context, { identity, space }, request);
      return { ...(await context.envelope()), ...page };
    },
    close: () => context.store.close(),
  };
}
