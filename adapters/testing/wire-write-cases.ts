import type { Decision, FieldChange, OperationResult } from 'syncline';
import { holds, same } from './check.js';
import { after, sample, set, stampOf } from './wire-author.js';
import { wireCase, type Wire, type WireCase } from './wire-world.js';

/** What becomes of an operation whose author had seen everything. */
export const wireWriteCases: readonly WireCase[] = [
  wireCase('a create is accepted, and pulled as it was written', async (wire) => {
    const operation = wire.author().create(wire.fresh());
    const { entityId: id, entity, clock, stamp } = operation;
    const { serverTime: _, epoch: __, ...answer } = await wire.push([operation]);
    same(
      answer.results,
      [{ id: operation.id, status: 'accepted', outcome: 'applied', version: 1 }],
      'results',
    );
    same(await wire.record(id), { entity, id, data: sample(id), version: 1, clock, stamp }, 'record');
  }),

  wireCase('an update changes what it names, and nothing else', async (wire) => {
    const phone = wire.author();
    const seen = await wire.created(phone);
    const changes: FieldChange[] = [
      set('/text', 'b'),
      set('/place/halls/first', { seats: [1, 2] }),
      { path: '/place/city', action: 'unset' },
      { path: '/place/none/at/all', action: 'unset' },
    ];
    const operation = phone.update(seen, changes);
    same(await wire.pushOne(operation), applied(operation.id, 2), 'result');
    const { data, version, clock } = await wire.present(seen.id);
    const place = { halls: { first: { seats: [1, 2] } } };
    same(data, { ...sample(seen.id), text: 'b', place }, 'data');
    same([version, clock], [2, operation.clock], 'version and clock');
  }),

  wireCase('each action does what it says', async (wire) => {
    const phone = wire.author();
    const seen = await wire.created(phone, { tags: ['x', { a: 1, b: [2] }, 'y'] });
    const operation = phone.update(seen, [
      { path: '/count', action: 'increment', value: 2.5 },
      { path: '/place/visits/all', action: 'increment', value: -3 },
      { path: '/tags', action: 'add', value: ['z', { b: [2], a: 1 }, 'z'] },
      { path: '/tags', action: 'remove', value: ['x'] },
      { path: '/place/guests', action: 'add', value: ['ada'] },
      { path: '/place', action: 'merge', value: { city: null, room: { no: 3, key: null } } },
    ]);
    same(await wire.pushOne(operation), applied(operation.id, 2), 'result');
    const { data } = await wire.present(seen.id);
    const place = { visits: { all: -3 }, guests: ['ada'], room: { no: 3 } };
    same(data, { ...sample(seen.id), count: 3.5, tags: [{ a: 1, b: [2] }, 'y', 'z'], place }, 'data');
  }),

  wireCase('an ancestor that is no object gives way to one', async (wire) => {
    const phone = wire.author();
    const seen = await wire.created(phone);
    const merge: FieldChange = {
      path: '/place/city/first/parts',
      action: 'merge',
      value: { of: 1, none: null },
    };
    await wire.push([phone.update(seen, [set('/place/city/first', 'Bonn'), merge])]);
    same((await wire.present(seen.id)).data['place'], { city: { first: { parts: { of: 1 } } } }, 'place');
  }),

  wireCase('a segment of a path may hold any character', async (wire) => {
    const phone = wire.author();
    const id = `a/b~c "d" 'e' 😀 \u0001 ${wire.fresh()}`;
    const operation = phone.create(id, { text: '\u2028 \\ \u0000 é' });
    const keys = { 'a/b': 1, 'm~n': 2, '': 3, ' ': 4, '0': 5, é: 1.5e-7 };
    const changes = Object.entries(keys).map(([key, value]) =>
      set(`/place/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, value),
    );
    await wire.push([operation, phone.update(after(operation), changes)]);
    const { data } = await wire.present(id);
    same(data, { ...sample(id), text: '\u2028 \\ \u0000 é', place: { city: 'Bonn', ...keys } }, 'data');
  }),

  wireCase('a change that meets a value of the wrong kind is refused, and changes nothing', async (wire) => {
    const phone = wire.author();
    const seen = await wire.created(phone);
    const wrong: FieldChange[] = [
      { path: '/text', action: 'increment', value: 1 },
      { path: '/count/x', action: 'increment', value: 1 },
      { path: '/tags/x', action: 'add', value: ['y'] },
      { path: '/count', action: 'add', value: ['x'] },
      { path: '/place', action: 'remove', value: ['x'] },
    ];
    for (const change of wrong) {
      const result = await wire.pushOne(phone.update(seen, [set('/text', 'b'), change]));
      same(codeOf(result), 'validation', change.action);
    }
    const { data, version } = await wire.present(seen.id);
    same([data, version], [sample(seen.id), 1], 'record');
  }),

  wireCase('an update of a record that is not there is refused', async (wire) => {
    const operation = wire.author().update({ id: wire.fresh(), clock: {} }, [set('/text', 'b')]);
    same(codeOf(await wire.pushOne(operation)), 'not-found', 'result');
    same(await wire.record(operation.entityId), undefined, 'record');
  }),

  wireCase('a delete leaves a tombstone, and is told', async (wire) => {
    const phone = wire.author();
    const seen = await wire.created(phone);
    const operation = phone.delete(seen);
    same(await wire.pushOne(operation), applied(operation.id, 2), 'result');
    same(
      stateOf(await wire.record(seen.id)),
      { version: 2, clock: operation.clock, deleted: true },
      'record',
    );
  }),

  wireCase('an update does not bring a deleted record back', async (wire) => {
    const phone = wire.author();
    const removal = phone.delete(await wire.created(phone));
    await wire.push([removal]);
    same(
      codeOf(await wire.pushOne(phone.update(after(removal), [set('/text', 'b')]))),
      'not-found',
      'result',
    );
    same(
      stateOf(await wire.record(removal.entityId)),
      { version: 2, clock: removal.clock, deleted: true },
      'record',
    );
  }),

  wireCase('a create brings a deleted record back, and is told the record', async (wire) => {
    const phone = wire.author();
    const removal = phone.delete(await wire.created(phone));
    const { entityId: id } = removal;
    const again = phone.create(id, { text: 'new' }, {});
    const operation = { ...again, clock: { ...removal.clock, ...again.clock } };
    const [, result] = (await wire.push([removal, operation])).results;
    const record = await wire.present(id);
    same(
      [record.data, record.version, record.deleted ?? false],
      [{ ...sample(id), text: 'new' }, 3, false],
      'record',
    );
    same(result, { ...applied(operation.id, 3), record }, 'result');
  }),

  wireCase(
    'an update brings a deleted record back when that was decided, and is told the record',
    async (wire) => {
      const phone = wire.author();
      const removal = phone.delete(await wire.created(phone));
      await wire.push([removal]);
      const contested = wire.fresh();
      const decisions = [decision('', contested, phone.name, 'local')];
      const operation = phone.update(after(removal), [set('/text', 'kept')], { decisions });
      const result = await wire.pushOne(operation);
      const record = await wire.present(removal.entityId);
      same([record.data['text'], record.version, record.decisions], ['kept', 3, decisions], 'record');
      same(result, { ...applied(operation.id, 3), record }, 'result');
      const lost = phone.delete(after(operation));
      await wire.push([lost]);
      const remote = [decision('', contested, phone.name, 'remote')];
      const refused = await wire.pushOne(
        phone.update(after(lost), [set('/text', 'c')], { decisions: remote }),
      );
      same(codeOf(refused), 'not-found', 'an update that was decided to lose');
    },
  ),

  wireCase('each field has the stamp of its last write, which never falls', async (wire) => {
    const phone = wire.author();
    const first = phone.create(wire.fresh());
    const second = phone.update(after(first), [set('/place/city', 'Köln')]);
    const third = phone.update(after(second), [set('/text', 'b')], { stamp: first.stamp });
    const fourth = phone.update(after(third), [set('/place', { city: 'Bonn' })], { stamp: first.stamp });
    await wire.push([first, second, third]);
    const stamps = { '': first.stamp, '/place/city': second.stamp };
    const before = await wire.present(first.entityId);
    same([before.stamp, before.stamps], [second.stamp, stamps], 'after a write with an older stamp');
    await wire.push([fourth]);
    const { stamp, stamps: raised } = await wire.present(first.entityId);
    same(
      [stamp, raised],
      [second.stamp, { '': first.stamp, '/place': second.stamp }],
      'after a write above a newer one',
    );
  }),

  wireCase('a stamp far ahead of the server is brought back, and its author is told', async (wire) => {
    const phone = wire.author();
    const { serverTime } = await wire.pull();
    const operation = phone.create(wire.fresh(), {}, { stamp: stampOf(serverTime + 3_600_000, phone.name) });
    const result = await wire.pushOne(operation);
    const record = await wire.present(operation.entityId);
    same(result, { ...applied(operation.id, 1), record }, 'result');
    const latest = stampOf((await wire.pull()).serverTime, phone.name);
    holds(
      record.stamp <= latest && record.stamp.endsWith(`-0000-${phone.name}`),
      `the stamp is ${record.stamp}, the server's time ${latest}`,
    );
  }),

  wireCase('decisions stay with the record until their field is written again', async (wire) => {
    const phone = wire.author();
    const contested = wire.fresh();
    const [text, count] = ['/text', '/count'].map((path) => decision(path, contested, phone.name, 'both'));
    const first = phone.create(wire.fresh());
    const second = phone.update(after(first), [set('/text', 'b'), set('/count', 2)], {
      decisions: [text!, count!],
    });
    await wire.push([first, second]);
    same((await wire.present(first.entityId)).decisions, [text, count], 'decisions');
    await wire.push([phone.update(after(second), [set('/text', 'c')])]);
    same((await wire.present(first.entityId)).decisions, [count], 'after a write of one field');
  }),

  wireCase('fields that are not known are ignored', async (wire) => {
    const operation = wire.author().create(wire.fresh());
    const [change] = operation.changes;
    const strange = { ...operation, mood: 'fine', changes: [{ ...change, mood: { a: [1] } }] };
    const reply = await wire.post('/push', wire.pushBody([strange], { mood: null }));
    same(reply.status, 200, 'status');
    const { version, data } = await wire.present(operation.entityId);
    same([version, data], [1, sample(operation.entityId)], 'record');
    same((await wire.post('/pull', { ...wire.pullBody(), mood: 1 })).status, 200, 'status of a pull');
  }),
];

export function applied(id: string, version: number): OperationResult {
  return { id, status: 'accepted', outcome: 'applied', version };
}

/** The code of a rejection; of anything else its status. */
export function codeOf(result: OperationResult | undefined): string {
  return result?.status === 'rejected' ? result.code : (result?.status ?? 'no answer');
}

function stateOf(record: Awaited<ReturnType<Wire['record']>>): unknown {
  return record && { version: record.version, clock: record.clock, deleted: record.deleted ?? false };
}

function decision(path: string, operationId: string, replica: string, winner: Decision['winner']): Decision {
  return {
    path,
    operationId,
    replica,
    winner,
    rule: 'person',
    why: 'Somebody chose it.',
    local: 1,
    result: 1,
  };
}
