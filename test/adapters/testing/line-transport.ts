import {
  parsePullAnswer,
  parsePushAnswer,
  parseRefusal,
  SyncError,
  toSyncError,
  type TransportAdapter,
} from 'syncline';
import type { ScriptedCall, TransportConditions, TransportSetup } from 'syncline/testing';

type Kind = 'push' | 'pull';

/** The sound transport, what it was made with, and how to make another under other conditions. */
export interface Sound {
  readonly transport: TransportAdapter;
  readonly conditions: TransportConditions;
  readonly again: (conditions: TransportConditions) => TransportAdapter;
}

/** A sound transport over messages in memory, and with some members of another. Time is that of `setTimeout`. */
export function lineSetup(flaw: (sound: Sound) => Partial<TransportAdapter> = () => ({})): TransportSetup {
  return async (server, conditions) => {
    const line = { isOpen: true };
    const again = (other: TransportConditions) => lineTransport(line, server, other);
    const transport = again(conditions);
    return {
      transport: { ...transport, ...flaw({ transport, conditions, again }) },
      close: async () => void (line.isOpen = false),
    };
  };
}

function lineTransport(
  line: { readonly isOpen: boolean },
  server: Parameters<TransportSetup>[0],
  { timeoutMs, answerBytesMax, token }: TransportConditions,
): TransportAdapter {
  let renewing: Promise<string | undefined> | undefined;
  let last: string | undefined;

  /** Resolves with the text of the answer; never, where there is none. */
  async function reach(call: ScriptedCall): Promise<string> {
    if (!line.isOpen) throw new SyncError('network', 'nobody is there');
    const { body, fault } = await server(JSON.parse(JSON.stringify(call)) as ScriptedCall);
    if (fault?.startsWith('silent') === true) return new Promise(() => undefined);
    if (fault?.startsWith('cut') === true) throw new SyncError('network', 'the line was cut');
    return fault === 'garbled' ? '<html>' : JSON.stringify(body);
  }

  async function attempt(kind: Kind, request: unknown, bearer: string | undefined): Promise<unknown> {
    const text = await reach({ kind, request, ...(bearer === undefined ? {} : { token: bearer }) });
    if (text.length > answerBytesMax) throw new SyncError('limit', 'the answer is too long');
    if (text.startsWith('<')) throw new SyncError('network', 'the answer is not JSON');
    const answer: unknown = JSON.parse(text);
    const refused = parseRefusal(answer);
    if (refused !== undefined) throw refused;
    return answer;
  }

  async function renewed(old: string | undefined): Promise<string | undefined> {
    if (last !== undefined && last !== old) return last;
    renewing ??= Promise.resolve(token?.({ refresh: true })).finally(() => (renewing = undefined));
    return (last = await renewing);
  }

  async function present(): Promise<string | undefined> {
    try {
      return await token?.({ refresh: false });
    } catch (cause) {
      throw new SyncError('network', 'no credentials', { cause });
    }
  }

  async function call(kind: Kind, request: unknown): Promise<unknown> {
    const bearer = await present();
    try {
      return await attempt(kind, request, bearer);
    } catch (thrown) {
      const error = toSyncError(thrown);
      if (error.code !== 'unauthenticated') throw error;
      const fresh = await renewed(bearer);
      if (fresh === undefined) throw error;
      return attempt(kind, request, fresh);
    }
  }

  return {
    push: async (request, { signal }) =>
      parsePushAnswer(await inTime(signal, timeoutMs, () => call('push', request))),
    pull: async (request, { signal }) =>
      parsePullAnswer(await inTime(signal, timeoutMs, () => call('pull', request))),
    probe: ({ signal }) =>
      inTime(signal, timeoutMs, () => reach({ kind: 'probe' })).then(
        () => true,
        () => false,
      ),
  };
}

async function inTime<T>(signal: AbortSignal, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const aborted = () => new SyncError('aborted', 'given up');
  if (signal.aborted) throw aborted();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SyncError('timeout', 'no answer')), timeoutMs);
    signal.addEventListener('abort', () => reject(aborted()));
    work()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
