import { expect, test } from 'vitest';
import { defaultRuntime, uuidv7 } from '../src/runtime.js';

test('a UUID carries its time, version and variant as RFC 9562 lays them out', () => {
  // The example of RFC 9562, appendix A.6.
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  expect(uuidv7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

test('the default runtime mints distinct ids, in order', () => {
  const ids = Array.from({ length: 10_000 }, () => defaultRuntime.uuid());
  expect(new Set(ids).size).toBe(10_000);
  expect([...ids].sort()).toEqual(ids);
});

test.each([Infinity, 30 * 24 * 3_600_000])('a delay of %d ms is not taken for none', async (delayMs) => {
  let isOver = false;
  const cancel = defaultRuntime.setTimer(delayMs, () => (isOver = true));
  await new Promise((resolve) => setTimeout(resolve, 10));
  cancel();
  expect(isOver).toBe(false);
});
