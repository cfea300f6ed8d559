import { createLocalLine, localBus } from 'syncline/server-bus/local';
import { serverBusCases } from 'syncline/testing';
import { describe, expect, it, test } from 'vitest';
import { createWorld, replica } from '../../server/world.js';

describe('localBus', () => {
  test.each(serverBusCases)('$name', async ({ run }) => {
    const line = createLocalLine();
    await run(() => localBus(line));
  });

  it('is rung by a server whose push moved a space, and by no other', async () => {
    const bus = localBus();
    const heard: unknown[] = [];
    await bus.subscribe((ring) => heard.push(ring));
    const { push } = createWorld({ bus });
    const create = replica('phone').create('t1');
    await push(create);
    await push(create);
    expect(heard).toEqual([{ space: 'default', seq: 1 }]);
  });
});
