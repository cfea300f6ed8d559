import 'fake-indexeddb/auto';
import { idbDevice } from 'syncline/storage/idb';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { placeCases } from './log-places.js';

afterEach(() => vi.restoreAllMocks());

describe('the places of entries', () => {
  test.each(placeCases)('$name', ({ run }) => run(crypto.randomUUID()));
});

describe('an append in a quiet log', () => {
  it('asks nothing but to add its entry', async () => {
    const device = idbDevice({ name: crypto.randomUUID() });
    await device.open();
    const asked = (['add', 'put', 'get', 'getKey', 'getAll', 'getAllKeys', 'delete'] as const).map((method) =>
      vi.spyOn(IDBObjectStore.prototype, method),
    );
    for (const after of [0, 1, 2]) expect(await device.append('x', { after })).toBe(true);
    expect(asked.map(({ mock }) => mock.calls.length)).toEqual([3, 0, 0, 0, 0, 0, 0]);
    await device.close();
  });
});
