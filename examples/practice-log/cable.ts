import {
  SyncError,
  type Connectivity,
  type PullAnswer,
  type PushAnswer,
  type PushRequest,
  type TransportAdapter,
} from 'syncline';

/** What went over a cable and back. */
export type Traffic =
  | { readonly kind: 'push'; readonly request: PushRequest; readonly answer: PushAnswer }
  | { readonly kind: 'pull'; readonly answer: PullAnswer };

/** The wire between a device and the server, with a plug to pull. */
export interface Cable {
  readonly transport: TransportAdapter;
  readonly connectivity: Connectivity;
  plug(isIn: boolean): void;
}

export interface CableOptions {
  /** What the platform says about the network. Default: it is there. */
  readonly network?: Connectivity;
  readonly isIn?: boolean;
  readonly onTraffic?: (traffic: Traffic) => void;
}

/**
 * Puts a cable before a transport. While it is out no call gets through, and the answer to a call that was under way
 * is lost, as on a train that enters a tunnel.
 */
export function createCable(transport: TransportAdapter, options: CableOptions = {}): Cable {
  const { network, onTraffic = () => undefined } = options;
  const listeners = new Set<(online: boolean) => void>();
  let isIn = options.isIn ?? true;
  const isOnline = () => isIn && (network?.isOnline() ?? true);
  const through = async <T>(call: () => Promise<T> | undefined): Promise<T> => {
    if (!isIn) throw new SyncError('network', 'the cable is out');
    const answer = await call();
    if (!isIn || answer === undefined) throw new SyncError('network', 'the cable was pulled');
    return answer;
  };
  return {
    transport: {
      ...transport,
      async push(request, options) {
        const answer = await through(() => transport.push?.(request, options));
        onTraffic({ kind: 'push', request, answer });
        return answer;
      },
      async pull(request, options) {
        const answer = await through(() => transport.pull?.(request, options));
        onTraffic({ kind: 'pull', answer });
        return answer;
      },
    },
    connectivity: {
      isOnline,
      subscribe(listener) {
        const own = () => listener(isOnline());
        listeners.add(own);
        const stop = network?.subscribe(own);
        return () => {
          listeners.delete(own);
          stop?.();
        };
      },
    },
    plug(next) {
      if (next === isIn) return;
      isIn = next;
      for (const listener of [...listeners]) listener(isOnline());
    },
  };
}
