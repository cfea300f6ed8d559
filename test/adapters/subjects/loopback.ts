import { parseRefusal } from 'syncline';
import type { ServerCalls } from 'syncline/server';
import { transportCases, type ScriptedServer, type TransportSetup } from 'syncline/testing';
import { loopbackTransport } from 'syncline/transport/loopback';
import { subject } from './subject.js';

const inProcess: TransportSetup = async (server) => ({
  transport: loopbackTransport(callsOf(server), { identity: { id: 'ada' } }),
  close: async () => undefined,
});

function callsOf(server: ScriptedServer): Pick<ServerCalls, 'push' | 'pull'> {
  const call = async (kind: 'push' | 'pull', request: unknown): Promise<never> => {
    const { body, fault } = await server({ kind, request });
    if (fault === 'silent') return new Promise(() => undefined);
    const refused = parseRefusal(body);
    if (refused !== undefined) throw refused;
    return body as never;
  };
  return { push: (_, request) => call('push', request), pull: (_, request) => call('pull', request) };
}

export const loopback = subject('transport', 'loopbackTransport', transportCases, (run) => run(inProcess));
