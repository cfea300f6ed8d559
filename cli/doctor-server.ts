import { defaultLimits, protocolVersion } from 'syncline';
import type { Check } from './doctor-checks.js';
import { textOf } from './error-text.js';

/** What a server tells about itself without being told who asks. */
export async function serverChecks(url: string, signal: AbortSignal): Promise<Check[]> {
  const address = `${url}/health`;
  try {
    const begun = Date.now();
    const answer = await fetch(address, { signal, cache: 'no-store' });
    const text = await answer.text();
    const here = (begun + Date.now()) / 2;
    const health = healthOf(text);
    const isJson = /^application\/json\s*(;|$)/i.test(answer.headers.get('content-type') ?? '');
    const isWell = answer.status === 200 && isJson && health !== undefined;
    const server: Check = {
      name: 'server',
      state: isWell ? 'ok' : 'missing',
      found: `${address} answered ${answer.status}${isJson ? '' : ', and no JSON'}`,
      why: 'Clients take such an answer for none. Is the base path right? The usual one is /api/v1/sync.',
    };
    return isWell ? [server, protocolCheck(health.protocol), clockCheck(health.serverTime, here)] : [server];
  } catch (error) {
    const found = `${address}: ${textOf(error)}`;
    return [
      {
        name: 'server',
        state: 'missing',
        found,
        why: 'Nothing answers there: is it running, and the address right?',
      },
    ];
  }
}

interface Health {
  readonly serverTime: number;
  readonly protocol: unknown;
}

function healthOf(text: string): Health | undefined {
  try {
    const { serverTime, protocol } = JSON.parse(text) as Partial<Health>;
    return typeof serverTime === 'number' ? { serverTime, protocol } : undefined;
  } catch {
    return undefined;
  }
}

function protocolCheck(served: unknown): Check {
  const why = `This package speaks version ${protocolVersion}: update the older of the two.`;
  const name = 'server protocol';
  if (!Array.isArray(served)) return { name, state: 'ok', found: 'not told, which means 1', why };
  return {
    name,
    state: served.includes(protocolVersion) ? 'ok' : 'missing',
    found: `versions ${served.join(', ')}`,
    why,
  };
}

function clockCheck(serverTime: number, here: number): Check {
  const seconds = (serverTime - here) / 1000;
  const off =
    Math.abs(seconds) < 1
      ? 'less than a second apart'
      : `${Math.abs(seconds).toFixed(0)} s ${seconds > 0 ? 'ahead' : 'behind'}`;
  return {
    name: 'server clock',
    state: Math.abs(seconds) * 1000 > defaultLimits.driftMs ? 'missing' : 'ok',
    found: off,
    why: 'Stamps more than five minutes ahead of the server are brought back to its clock. Set the clock that is wrong.',
  };
}
