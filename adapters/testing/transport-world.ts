import type { PullRequest, PushRequest, TransportAdapter } from 'syncline';
import { resolves, same, within, type ConformanceCase } from './check.js';

/** A call as it arrived at the other end, parsed from what was sent. */
export interface ScriptedCall {
  readonly kind: 'push' | 'pull' | 'probe';
  /** Absent for a probe. */
  readonly request?: unknown;
  /** The credentials that came along. */
  readonly token?: string;
}

/**
 * What the network does to an answer. `twice`: it arrives two times. `cut`, `silent`: instead of it the connection ends,
 * or nothing ever comes; with `-halfway`, after half of it. `garbled`: something arrives that is no message.
 * What a medium does not know it takes for the nearest: once for twice, the whole for the half, silence for a cut.
 */
export type NetworkFault = 'twice' | 'cut' | 'cut-halfway' | 'silent' | 'silent-halfway' | 'garbled';

export interface ScriptedReply {
  /** An answer, or `{ error: { code, message, details?, retryAfterMs? } }` for a refusal of the whole request. */
  readonly body: unknown;
  readonly fault?: NetworkFault;
}

export type ScriptedServer = (call: ScriptedCall) => ScriptedReply | Promise<ScriptedReply>;

export interface TransportConditions {
  /** How long a call may wait for its answer. */
  readonly timeoutMs: number;
  /** How long an answer may be. */
  readonly answerBytesMax: number;
  /** Where the credentials come from. `refresh`: the last ones were refused. */
  readonly token?: (ask: { readonly refresh: boolean }) => string | undefined | Promise<string | undefined>;
}

export interface TransportLine {
  readonly transport: TransportAdapter;
  /** Takes the server away for good: what is under way is cut, and who connects anew finds nobody. May be called twice. */
  close(): Promise<void>;
}

/** Connects a new transport with a server that does as it is told. */
export type TransportSetup = (
  server: ScriptedServer,
  conditions: TransportConditions,
) => Promise<TransportLine>;

export type TransportCase = ConformanceCase<TransportSetup>;

type Kind = 'push' | 'pull';

/** How long anything may take that should come at once, ms. */
const promptMs = 5_000;

/** Cases are about what happens once the server has nothing to do with it, so it has time enough by default. */
const patient: TransportConditions = { timeoutMs: 30_000, answerBytesMax: 4 * 1024 * 1024 };

/** A case whose lines are closed at the end, whatever happened. */
export function transportCase(
  name: string,
  body: (world: TransportWorld) => Promise<void>,
  conditions: Partial<TransportConditions> = {},
): TransportCase {
  return {
    name,
    run: async (setup) => {
      const world = new TransportWorld();
      const line = await setup((call) => world.take(call), { ...patient, ...conditions });
      try {
        world.line = line;
        await body(world);
      } finally {
        world.releaseAll();
        await line.close();
      }
    },
  };
}

export class TransportWorld {
  /** What has arrived, probes left out. */
  readonly calls: ScriptedCall[] = [];
  /** What the server says. Default: an answer that repeats the cursor of the request. */
  server: ScriptedServer = (call) => ({ body: echo(call) });
  line!: TransportLine;
  readonly #held: (() => void)[] = [];
  #arrived: () => void = () => undefined;

  get transport(): TransportAdapter {
    return this.line.transport;
  }

  /** The calls that this transport offers. */
  get kinds(): readonly Kind[] {
    const kinds = (['push', 'pull'] as const).filter((kind) => this.transport[kind] !== undefined);
    if (kinds.length === 0) throw new Error('the transport offers neither push nor pull');
    return kinds;
  }

  async take(call: ScriptedCall): Promise<ScriptedReply> {
    if (call.kind !== 'probe') this.calls.push(call);
    this.#arrived();
    return this.server(call);
  }

  /** Sends a request of that kind whose cursor is this label; what comes back must settle at once. */
  call(kind: Kind, label: string, signal: AbortSignal = new AbortController().signal): Promise<Echo> {
    return this.send(kind, { cursor: label }, signal) as Promise<Echo>;
  }

  /** A call that must get its own answer. */
  async answers(kind: Kind, label: string, what: string): Promise<void> {
    const { cursor } = await resolves(this.call(kind, label), what);
    same(cursor, label, `${what}: the cursor of the answer`);
  }

  async send(
    kind: Kind,
    fields: Partial<PushRequest & PullRequest>,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<unknown> {
    const { transport } = this;
    const sent =
      kind === 'push'
        ? transport.push?.({ replica: 'phone', operations: [], ...fields }, { signal })
        : transport.pull?.({ replica: 'phone', limit: 10, ...fields }, { signal });
    return within(promptMs, Promise.resolve(sent), `the ${kind}`);
  }

  async probe(signal: AbortSignal = new AbortController().signal): Promise<boolean | undefined> {
    return within(promptMs, Promise.resolve(this.transport.probe?.({ signal })), 'the probe');
  }

  /** Resolves once so many calls have arrived. */
  async arrived(count: number): Promise<void> {
    while (this.calls.length < count) {
      const next = new Promise<void>((resolve) => (this.#arrived = resolve));
      await within(promptMs, next, `call ${this.calls.length + 1} at the server`);
    }
  }

  /** A server that answers no call before it is released; the calls are in the order of their arrival. */
  holdAll(): readonly (() => void)[] {
    this.server = (call) =>
      new Promise((resolve) => void this.#held.push(() => resolve({ body: echo(call) })));
    return this.#held;
  }

  releaseAll(): void {
    for (const release of this.#held) release();
  }
}

/** What the answers of both kinds have in common. */
export interface Echo {
  readonly cursor?: string;
}

/** An answer that repeats the cursor of its request. */
export function echo({ kind, request }: ScriptedCall): unknown {
  const cursor = (request as Echo | undefined)?.cursor ?? '';
  const envelope = { serverTime: 1, epoch: 'e', cursor };
  return kind === 'push' ? { ...envelope, results: [] } : { ...envelope, changes: [], more: false };
}
