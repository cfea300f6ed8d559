import { expect, test } from 'vitest';
import { defaultRuntime, uuidv7 } from '../src/runtime.js';

test('a UUID carries its time, version and variant as RFC 9562 lays them out', () => {
  // The example of RFC 9562, appendix A.6.
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  expect(uuidv7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

test('the default runtime mints distinct ids in the order of their time', () => {
  const ids = Array.from({ length: 10_000 }, () => defaultRuntime.uuid());
  expect(new Set(ids).size).toBe(10_000);
  const times = ids.map((id) => id.slice(0, 13));
  expect([...times].sort()).toEqual(times);
});

test('ids are UUIDs of version 7, and one does not tell the next', () => {
  const ids = Array.from({ length: 5_000 }, () => defaultRuntime.uuid());
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const own = ids.map((id) => id.slice(24, 32));
  expect(new Set(own).size).toBeGreaterThan(4_990);
  // Each of the 32 bits is set in half of them, give or take six standard deviations.
  for (let bit = 0; bit < 32; bit++) {
    const set = own.filter((digits) => (parseInt(digits, 16) >>> bit) & 1).length;
    expect(Math.abs(set - 2_500)).toBeLessThan(212);
  }
});

test.each([Infinity, 30 * 24 * 3_600_000])('a delay of %d ms is not taken for none', async (delayMs) => {
  let isOver = false;
  const cancel = defaultRuntime.setTimer(delayMs, () => (isOver = true));
  await new Promise((resolve) => setTimeout(resolve, 10));
  cancel();
  expect(isOver).toBe(false);
});
