import type { TransportAdapter } from 'syncline';
import { expect, test } from 'vitest';
import { createCable, type Traffic } from '../../../examples/practice-log/cable.js';

const pulled = { changes: [], cursor: '0', more: false, serverTime: 0, epoch: 'e' } as const;
const request = { replica: 'r', limit: 10 };
const signal = new AbortController().signal;

test('lets calls through while it is in, and tells of them', async () => {
  const heard: Traffic[] = [];
  const { transport } = createCable(
    { pull: async () => pulled },
    { onTraffic: (traffic) => heard.push(traffic) },
  );
  expect(await transport.pull?.(request, { signal })).toBe(pulled);
  expect(heard).toEqual([{ kind: 'pull', answer: pulled }]);
});

test('rejects as a dead network does while it is out, without reaching the server', async () => {
  let calls = 0;
  const inner: TransportAdapter = { pull: async () => (calls++, pulled) };
  const cable = createCable(inner, { isIn: false });
  await expect(cable.transport.pull?.(request, { signal })).rejects.toMatchObject({
    code: 'network',
    retryable: true,
  });
  cable.plug(true);
  await cable.transport.pull?.(request, { signal });
  expect(calls).toBe(1);
});

test('loses the answer of a call that was under way when it was pulled', async () => {
  const heard: Traffic[] = [];
  const cable = createCable(
    { pull: async () => (cable.plug(false), pulled) },
    { onTraffic: (traffic) => heard.push(traffic) },
  );
  await expect(cable.transport.pull?.(request, { signal })).rejects.toMatchObject({ code: 'network' });
  expect(heard).toEqual([]);
});

test('is online only when the network is, too', () => {
  let tell: (online: boolean) => void = () => undefined;
  let isUp = true;
  const network = {
    isOnline: () => isUp,
    subscribe: (listener: typeof tell) => ((tell = listener), () => undefined),
  };
  const cable = createCable({}, { network });
  const heard: boolean[] = [];
  cable.connectivity.subscribe((online) => heard.push(online));
  cable.plug(false);
  tell((isUp = false));
  cable.plug(true);
  tell((isUp = true));
  expect(heard).toEqual([false, false, false, true]);
});
