import { expect, test } from 'vitest';
import { defineEntity, manual, type FieldChange, type Operation, type SyncRecord } from 'syncline';
import { z } from 'zod';
import { successorOf } from '../../src/resolve/successor.js';

const piece = defineEntity({
  name: 'piece',
  schema: z.object({ id: z.string(), title: z.string(), steps: z.string().optional(), plays: z.number() }),
  strategy: manual(),
});

/** The record after the laptop changed it, unseen by the phone. */
const record: SyncRecord = {
  entity: 'piece',
  id: 'p',
  data: { id: 'p', title: 'theirs', steps: 'their steps', plays: 1 },
  version: 2,
  clock: { laptop: 2 },
  stamp: '018bcfe56800-0002-laptop',
};

function written(...changes: readonly FieldChange[]): Operation {
  return {
    id: 'op-phone',
    entity: 'piece',
    entityId: 'p',
    kind: 'update',
    changes,
    clock: { phone: 1, laptop: 1 },
    stamp: '018bcfe56800-0003-phone',
    schemaVersion: 1,
  };
}

const title: FieldChange = { path: '/title', action: 'set', value: 'mine', base: 'old' };

test('what a person writes over in a merge is in a decision, also where nothing disagreed', () => {
  const merged = { id: 'p', title: 'ours', plays: 1 };
  const { decisions = [] } = successorOf(piece, record, written(title), 'op-phone-2', { merged });
  expect(decisions).toMatchObject([
    { path: '/title', local: 'mine', remote: 'theirs', result: 'ours', rule: 'person' },
    { path: '/steps', remote: 'their steps', winner: 'both', rule: 'person', remoteReplica: 'laptop' },
  ]);
  expect(decisions[1]).not.toHaveProperty('result');
});

test('what a merge drops of the contested write itself is in a decision', () => {
  const plays: FieldChange = { path: '/plays', action: 'set', value: 7, base: 1 };
  const merged = { id: 'p', title: 'ours', steps: 'their steps', plays: 1 };
  const { decisions } = successorOf(piece, record, written(title, plays), 'op-phone-2', { merged });
  expect(decisions).toMatchObject([
    { path: '/title', result: 'ours' },
    { path: '/plays', local: 7, remote: 1, result: 1 },
  ]);
});

test('a merge that drops an object tells of all that was in it, once', () => {
  const there = {
    ...record,
    data: { id: 'p', title: 'theirs', plays: 1, place: { city: 'Bern', hall: 'theirs' } },
  };
  const hall: FieldChange = { path: '/place/hall', action: 'set', value: 'mine', base: 'old' };
  const merged = { id: 'p', title: 'theirs', plays: 1 };
  const { decisions } = successorOf(piece, there, written(hall), 'op-phone-2', { merged });
  expect(decisions).toMatchObject([
    { path: '/place', local: { city: 'Bern', hall: 'mine' }, remote: { city: 'Bern', hall: 'theirs' } },
  ]);
});

test('a merge that writes what taking the local side would write has nothing more to tell', () => {
  const merged = { id: 'p', title: 'mine', steps: 'their steps', plays: 1 };
  const { decisions } = successorOf(piece, record, written(title), 'op-phone-2', { merged });
  expect(decisions).toMatchObject([{ path: '/title', result: 'mine' }]);
});
