import { holds, same } from './check.js';
import { after, set } from './wire-author.js';
import { Mirror } from './wire-mirror.js';
import { wireCase, type WireCase } from './wire-world.js';
import { applied, codeOf } from './wire-write-cases.js';

/** What is answered to operations that come again, come together, or wait for one another. */
export const wireAnswerCases: readonly WireCase[] = [
  wireCase('a push that comes again is answered `duplicate`, and changes nothing', async (wire) => {
    const phone = wire.author();
    const first = phone.create(wire.fresh());
    const operations = [
      first,
      phone.update(after(first), [{ path: '/count', action: 'increment', value: 1 }]),
    ];
    await wire.push(operations);
    const record = await wire.present(first.entityId);
    const mirror = new Mirror(wire.start);
    await wire.follow(mirror);
    const { results } = await wire.push(operations);
    const expected = operations.map(({ id }) => ({
      id,
      status: 'accepted',
      outcome: 'duplicate',
      version: 2,
      record,
    }));
    same(results, expected, 'results');
    same(await wire.present(first.entityId), record, 'record');
    same((await wire.follow(mirror))[0]?.changes, [], 'changes after it');
  }),

  wireCase('operations that come again in any order and in part change nothing', async (wire) => {
    const phone = wire.author();
    const create = phone.create(wire.fresh());
    const operations = [create];
    for (let at = 0; at < 4; at++)
      operations.push(
        phone.update(after(operations[at]!), [{ path: '/count', action: 'increment', value: 1 }]),
      );
    await wire.push(operations);
    const [a, b, c, d, e] = operations;
    for (const again of [[e, c, a], [d], [b, a, e, d, c]]) {
      const { results } = await wire.push(again as typeof operations);
      const outcomes = results.map((result) =>
        result.status === 'accepted' ? result.outcome : result.status,
      );
      same(
        outcomes,
        again.map(() => 'duplicate'),
        'outcomes',
      );
    }
    const { data, version } = await wire.present(create.entityId);
    same([data['count'], version], [5, 5], 'count and version');
  }),

  wireCase('a refusal stays with its id', async (wire) => {
    const phone = wire.author();
    const id = wire.fresh();
    const early = phone.update({ id, clock: {} }, [set('/text', 'b')]);
    same(codeOf(await wire.pushOne(early)), 'not-found', 'before there is a record');
    await wire.push([phone.create(id)]);
    same(codeOf(await wire.pushOne(early)), 'not-found', 'once there is one');
    same((await wire.present(id)).version, 1, 'version');
  }),

  wireCase('an id that belongs to another write is refused', async (wire) => {
    const phone = wire.author();
    const first = phone.create(wire.fresh());
    await wire.push([first]);
    const elsewhere = phone.create(wire.fresh(), {}, { id: first.id });
    same(codeOf(await wire.pushOne(elsewhere)), 'id-taken', 'of another record');
    const later = phone.update(after(first), [set('/text', 'b')], { id: first.id });
    same(codeOf(await wire.pushOne(later)), 'id-taken', 'with another counter');
    same(await wire.record(elsewhere.entityId), undefined, 'the other record');
    same((await wire.present(first.entityId)).version, 1, 'version');
  }),

  wireCase('a write stays the same when its author has got another name', async (wire) => {
    const phone = wire.author();
    const first = phone.create(wire.fresh());
    await wire.push([first]);
    const renamed = wire.author();
    const again = { ...renamed.create(first.entityId), id: first.id };
    const result = await wire.pushOne(again);
    same(result.status === 'accepted' && result.outcome, 'duplicate', 'outcome');
    same((await wire.present(first.entityId)).clock, first.clock, 'clock');
  }),

  wireCase('a counter that was used by another operation is `identity-lost`', async (wire) => {
    const phone = wire.author();
    const first = phone.create(wire.fresh());
    const second = phone.update(after(first), [set('/text', 'b')]);
    await wire.push([first, second]);
    const double = { ...second, id: wire.fresh(), changes: [set('/text', 'c')] };
    const older = { ...double, id: wire.fresh(), clock: first.clock };
    for (const operation of [double, older])
      same(codeOf(await wire.pushOne(operation)), 'identity-lost', 'result');
    const { data, version } = await wire.present(first.entityId);
    same([data['text'], version], ['b', 2], 'text and version');
  }),

  wireCase('each operation has one answer, in their order', async (wire) => {
    const phone = wire.author();
    const operations = Array.from({ length: 7 }, (_, at) =>
      at % 2
        ? phone.update({ id: wire.fresh(), clock: {} }, [set('/text', 'b')])
        : phone.create(wire.fresh()),
    );
    const { results } = await wire.push(operations);
    same(
      results.map(({ id }) => id),
      operations.map(({ id }) => id),
      'ids',
    );
    same((await wire.push([])).results, [], 'of a push without any');
  }),

  wireCase(
    'after a refusal the later operations of that record are blocked, and the others carry on',
    async (wire) => {
      const phone = wire.author();
      const first = phone.create(wire.fresh());
      const wrong = phone.update(after(first), [{ path: '/text', action: 'increment', value: 1 }]);
      const later = phone.update(after(wrong), [set('/text', 'b')]);
      const other = phone.create(wire.fresh());
      const { results } = await wire.push([first, wrong, later, other]);
      same(results.map(codeOf), ['accepted', 'validation', 'blocked', 'accepted'], 'results');
      same(results[2], { id: later.id, status: 'blocked', by: wrong.id }, 'the later one');
      same((await wire.present(first.entityId)).data['text'], 'a', 'text');
      same(
        await wire.pushOne(later),
        applied(later.id, 2),
        'the later one, alone: what was blocked is not kept',
      );
    },
  ),

  wireCase('an operation waits for what it depends on', async (wire) => {
    const phone = wire.author();
    const needed = phone.create(wire.fresh());
    const dependent = phone.create(wire.fresh(), {}, { dependsOn: [needed.id] });
    same(await wire.pushOne(dependent), { id: dependent.id, status: 'blocked', by: needed.id }, 'before');
    same(await wire.record(dependent.entityId), undefined, 'record');
    const { results } = await wire.push([needed, dependent]);
    same(results.map(codeOf), ['accepted', 'accepted'], 'together');
    const late = phone.create(wire.fresh(), {}, { dependsOn: [needed.id, dependent.id] });
    same(codeOf(await wire.pushOne(late)), 'accepted', 'afterwards');
  }),

  wireCase('a transaction is written as a whole', async (wire) => {
    const phone = wire.author();
    const transaction = { id: wire.fresh(), size: 3 };
    const first = phone.create(wire.fresh(), {}, { transaction });
    const second = phone.create(wire.fresh(), {}, { transaction, dependsOn: [first.id] });
    const third = phone.update(after(first), [set('/text', 'b')], { transaction });
    const { results } = await wire.push([first, second, third]);
    same(results, [applied(first.id, 1), applied(second.id, 1), applied(third.id, 2)], 'results');
    same((await wire.present(first.entityId)).data['text'], 'b', 'text');
    const again = await wire.push([first, second, third]);
    same(again.results.map(codeOf), ['accepted', 'accepted', 'accepted'], 'the same again');
  }),

  wireCase('of a transaction that fails nothing is written, and nothing is built on it', async (wire) => {
    const phone = wire.author();
    const seen = await wire.created(phone);
    const transaction = { id: wire.fresh(), size: 3 };
    const first = phone.create(wire.fresh(), {}, { transaction });
    const second = phone.update(seen, [set('/text', 'b')], { transaction });
    const culprit = phone.update({ id: wire.fresh(), clock: {} }, [set('/text', 'b')], { transaction });
    const later = phone.update(after(second), [set('/text', 'c')]);
    const dependent = phone.create(wire.fresh(), {}, { dependsOn: [first.id] });
    const other = phone.create(wire.fresh());
    const { results } = await wire.push([first, second, culprit, later, dependent, other]);
    const expected = ['blocked', 'blocked', 'not-found', 'blocked', 'blocked', 'accepted'];
    same(results.map(codeOf), expected, 'results');
    for (const at of [0, 1])
      same(results[at], { ...results[at], by: culprit.id }, 'a member is blocked by the culprit');
    for (const { entityId } of [first, culprit, dependent])
      same(await wire.record(entityId), undefined, 'a record');
    same((await wire.present(seen.id)).version, 1, 'version of what was there');
    const alone = { ...first, transaction: { id: wire.fresh(), size: 1 } };
    same(
      codeOf(await wire.pushOne(alone)),
      'accepted',
      'a member, in another transaction: what was blocked is not kept',
    );
  }),

  wireCase('a transaction that is not together is refused, and may come again as a whole', async (wire) => {
    const phone = wire.author();
    const transaction = { id: wire.fresh(), size: 2 };
    const [first, second] = [1, 2].map(() => phone.create(wire.fresh(), {}, { transaction }));
    const between = phone.create(wire.fresh());
    for (const torn of [[first!], [first!, between, second!]]) {
      const { results } = await wire.push(torn);
      same(codeOf(results[0]), 'protocol', 'its first member');
      holds(codeOf(results[2]) !== 'accepted', 'a member of a torn transaction was accepted');
      same(await wire.record(first!.entityId), undefined, 'a record');
    }
    same((await wire.push([first!, second!])).results.map(codeOf), ['accepted', 'accepted'], 'as a whole');
  }),
];
