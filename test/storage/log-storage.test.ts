import { describe, expect, it } from 'vitest';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';

const layout = { notes: { indexes: { due: '/due' } }, outbox: { indexes: {} } };

describe('logStorage', () => {
  it('keeps what was committed across a restart', async () => {
    const store = createMemoryStore();
    const first = memoryStorage({ store });
    await first.open(layout);
    const { revision } = await first.commit([
      { table: 'notes', id: 'a', value: { due: 2 } },
      { table: 'outbox', id: 'o', value: 1 },
    ]);
    await first.close();
    const second = memoryStorage({ store });
    await second.open(layout);
    expect(await second.get('notes', ['a', 'b'])).toEqual([
      { id: 'a', revision, value: { due: 2 } },
      undefined,
    ]);
    expect(await second.scan('outbox')).toEqual([{ id: 'o', revision, value: 1 }]);
  });
});
