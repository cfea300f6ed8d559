import type { PullAnswer, PushAnswer } from '../contracts/transport.js';
import {
  parseConflictsQuery,
  parseDeltaRequest,
  parseResolveRequest,
  type ConflictsAnswer,
  type DeltaAnswer,
  type ResolveAnswer,
} from '../protocol/desk.js';
import { parsePullRequest, parsePushRequest } from '../protocol/requests.js';
import { conflicts, resolveConflict } from './conflicts.js';
import type { ServerContext, Writer } from './context.js';
import { delta } from './delta.js';
import type { Identity } from './options.js';
import { pull } from './pull.js';
import { push } from './push.js';

/**
 * The calls of the protocol, for a caller that is known. `request` is the body, as JSON text or parsed; nothing about
 * it is trusted. A refusal of the whole request rejects with a `SyncError`.
 */
export interface ServerCalls<I extends Identity = Identity> {
  /** Takes operations in, all in one transaction, and answers each. */
  push(identity: I, request: unknown): Promise<PushAnswer>;
  /** One page of what changed since a cursor. */
  pull(identity: I, request: unknown): Promise<PullAnswer>;
  /** The fields of one record that differ from those held. Rejects with `not-found`. */
  delta(identity: I, request: unknown): Promise<DeltaAnswer>;
  /** Conflicts that nobody has decided, page by page. */
  conflicts(identity: I, request?: unknown): Promise<ConflictsAnswer>;
  /** Decides one in the place of its author. Rejects with `not-found`, and with `protocol` for a transaction's member. */
  resolveConflict(identity: I, conflictId: string, request: unknown, device?: string): Promise<ResolveAnswer>;
}

export function createCalls<I extends Identity>(context: ServerContext): ServerCalls<I> {
  const { limits } = context;

  async function answered<R extends { readonly space?: string }, T>(
    identity: I,
    request: R,
    work: (context: ServerContext, writer: Writer, request: R) => Promise<T>,
  ): Promise<T & Awaited<ReturnType<ServerContext['envelope']>>> {
    const space = context.spaceOf(identity, request.space);
    const answer = await work(context, { identity, space }, request);
    return { ...(await context.envelope()), ...answer };
  }

  return {
    push: async (identity, request) => answered(identity, parsePushRequest(request, limits), push),
    pull: async (identity, request) => answered(identity, parsePullRequest(request, limits), pull),
    delta: async (identity, request) => answered(identity, parseDeltaRequest(request, limits), delta),
    conflicts: async (identity, request = {}) => answered(identity, parseConflictsQuery(request), conflicts),
    resolveConflict: async (identity, conflictId, request, device) =>
      answered(identity, parseResolveRequest(request, limits), (_, writer, parsed) =>
        resolveConflict(context, writer, conflictId, parsed, device),
      ),
  };
}
