import type { Limits } from 'syncline';

/** The slice of `fetch` that is used. */
export type WireFetch = (url: string, init: RequestInit) => Promise<Response>;

/** The server under test, and what may be done with it. **The cases write records into it.** */
export interface WireSetup {
  /** Where its calls live, as `https://sync.example/api/v1/sync`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. Without it what is said about tokens is left out. */
  readonly token?: string;
  /** The entity that is written; a server that knows its entities must know this one as `wireEntity` has it. */
  readonly entity?: string;
  /** The space that is written. Default: a new one for each case where the server gives it, else the caller's own. */
  readonly space?: string;
  /** Whether the server decides concurrent writes (`true`), or leaves each to the clients. Default: either is right. */
  readonly decides?: boolean;
  /** What the server takes, where that is not the default of the protocol. */
  readonly limits?: Partial<Pick<Limits, 'operationsPerPush' | 'requestBytes' | 'operationBytes' | 'depth'>>;
  /** For one request. Default 10,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Default: the platform's. */
  readonly fetch?: WireFetch;
}
