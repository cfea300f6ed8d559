import { expect, it } from 'vitest';
import type { Identity } from '../../src/server/index.js';
import { createWorld, replica, set, startMs } from './world.js';

const secret = 'for adas eyes only';

/** Everybody may write everything, and only Ada may read it. */
async function createDropBox() {
  let mayBobRead = false;
  const { server, push } = createWorld({
    authorize: ({ identity, action }) => action === 'write' || identity.id === 'ada' || mayBobRead,
  });
  const phone = replica('phone');
  await push(
    phone.create('t', { title: 'T', notes: secret }),
    phone.create('p', { text: secret }, { entity: 'page' }),
  );
  const bob: Identity = { id: 'bob' };
  return {
    let: (may: boolean) => void (mayBobRead = may),
    pushAsBob: async (...operations: unknown[]) =>
      (await server.push(bob, { replica: 'bob', operations })).results,
    resolveAsBob: (conflictId: string) =>
      server.resolveConflict(bob, conflictId, { resolution: 'remote', operationId: 'bob-resolves' }),
  };
}

it('is told nothing of a record that it may not read: by a merge, a repeated answer, a conflict', async () => {
  const { pushAsBob } = await createDropBox();
  const bob = replica('bob', startMs + 1_000);
  const merged = bob.update('t', [set('/title', 'of Bob')]);
  const contested = bob.update('p', [set('/text', 'of Bob')], {}, { entity: 'page' });
  const first = await pushAsBob(merged, contested);
  expect(first).toMatchObject([
    { status: 'accepted', outcome: 'merged' },
    { status: 'rejected', code: 'forbidden' },
  ]);
  const again = await pushAsBob(merged, contested);
  expect(again).toMatchObject([
    { status: 'accepted', outcome: 'duplicate' },
    { status: 'rejected', code: 'forbidden' },
  ]);
  expect(JSON.stringify([first, again])).not.toContain(secret);
});

it('is told no more of a record than it may read now, whatever it could read when it wrote', async () => {
  const { let: letBob, pushAsBob, resolveAsBob } = await createDropBox();
  const bob = replica('bob', startMs + 1_000);
  letBob(true);
  const merged = bob.update('t', [set('/title', 'of Bob')]);
  const contested = bob.update('p', [set('/text', 'of Bob')], {}, { entity: 'page' });
  expect(JSON.stringify(await pushAsBob(merged, contested))).toContain(secret);
  letBob(false);
  const later = [await pushAsBob(merged, contested), await resolveAsBob(contested.id)];
  expect(JSON.stringify(later)).not.toContain(secret);
});
