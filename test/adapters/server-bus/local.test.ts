import { localBus } from 'syncline/server-bus/local';
import { describe, expect, it } from 'vitest';
import { createWorld, replica } from '../../server/world.js';
import { hold } from '../subjects/hold.js';
import { localBuses } from '../subjects/local-bus.js';

hold(localBuses);

describe('localBus', () => {
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
