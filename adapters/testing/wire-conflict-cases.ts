import type { Operation, OperationResult } from 'syncline';
import { holds, same } from './check.js';
import { set, type Author } from './wire-author.js';
import { wireCase, type Wire, type WireCase } from './wire-world.js';
import { applied, codeOf } from './wire-write-cases.js';

/**
 * Writes that did not know of one another. A server may decide them, or leave them to the clients: each case follows
 * the answer, unless the setup says which of the two the server does.
 */
export const wireConflictCases: readonly WireCase[] = [
  wireCase('concurrent writes of two fields are merged, or answered with `conflict`', async (wire) => {
    const { contested, result, seen, held } = await concurrent(wire, [set('/text', 'b')], [set('/count', 9)]);
    const record = await wire.present(seen.id);
    if (result.status === 'conflict') {
      same(record, held, 'the record');
      same(result.record, held, 'the record of the answer');
      return;
    }
    same(result.status === 'accepted' && result.outcome, 'merged', 'outcome');
    same([record.data['text'], record.data['count']], ['b', 9], 'both fields');
    holds(record.version > held.version, 'the version is a new one');
    same(record.clock, clockWith(held, contested), 'clock');
    same(result.status === 'accepted' && result.record, record, 'the record of the answer');
  }),

  wireCase('concurrent writes of one field: none is lost without a word', async (wire) => {
    const { contested, result, seen, held } = await concurrent(
      wire,
      [set('/text', 'b')],
      [set('/text', 'c')],
    );
    const record = await wire.present(seen.id);
    if (result.status === 'conflict') return same([result.record, record], [held, held], 'the record');
    same(record.clock, clockWith(held, contested), 'clock');
    same(result.status === 'accepted' && result.record, record, 'the record of the answer');
    const told = (record.decisions ?? []).some(
      ({ path, operationId }) => path === '/text' && operationId === contested.id,
    );
    holds(told, 'the record has no decision on the field that two wrote');
  }),

  wireCase('an update and a delete at the same time: neither is lost without a word', async (wire) => {
    const [phone, laptop] = [wire.author(), wire.author()];
    const seen = await wire.created(phone);
    const removal = laptop.delete(seen);
    same(codeOf(await wire.pushOne(removal)), 'accepted', 'the delete');
    const contested = phone.update(seen, [set('/text', 'b')]);
    const result = await wire.pushOne(contested);
    expectKind(wire, result);
    const record = await wire.record(seen.id);
    if (result.status === 'conflict') {
      holds(result.record.deleted === true, 'the record of the answer is no tombstone');
      return same([record?.version, record?.deleted], [2, true], 'the tombstone');
    }
    same(record?.clock, clockWith(removal, contested), 'clock');
  }),

  wireCase('two creates of one record: the second is merged, or answered with `conflict`', async (wire) => {
    const [phone, laptop] = [wire.author(), wire.author()];
    const id = wire.fresh();
    await wire.push([phone.create(id)]);
    const held = await wire.present(id);
    const contested = laptop.create(id, { text: 'b' });
    const result = await wire.pushOne(contested);
    expectKind(wire, result);
    const record = await wire.present(id);
    if (result.status === 'conflict') return same([result.record, record], [held, held], 'the record');
    same(record.clock, clockWith(held, contested), 'clock');
  }),

  wireCase('the successor of a contested operation is written, once', async (wire) => {
    const { contested, result, seen, held } = await concurrent(
      wire,
      [set('/text', 'b')],
      [set('/text', 'c')],
    );
    if (result.status !== 'conflict') return;
    const successor = carriedOn(wire, contested, result);
    same(await wire.pushOne(successor), applied(successor.id, held.version + 1), 'the successor');
    const record = await wire.present(seen.id);
    same([record.data['text'], record.clock], ['c', successor.clock], 'text and clock');
    const second = carriedOn(wire, contested, { record });
    const superseded = {
      id: second.id,
      status: 'accepted',
      outcome: 'superseded',
      version: record.version,
      record,
    };
    same(await wire.pushOne(second), superseded, 'another successor');
    same(await wire.present(seen.id), record, 'the record');
  }),

  wireCase('the answer `conflict` is for ever, with the record as it is now', async (wire) => {
    const { phone, contested, result, seen, held } = await concurrent(
      wire,
      [set('/text', 'b')],
      [set('/text', 'c')],
    );
    if (result.status !== 'conflict') return;
    await wire.push([phone.update(held, [set('/count', 5)])]);
    const again = await wire.pushOne(contested);
    same(again, { ...result, record: await wire.present(seen.id) }, 'the answer');
  }),

  wireCase('what depends on a contested operation waits until somebody carries that on', async (wire) => {
    const { laptop, contested, result } = await concurrent(wire, [set('/text', 'b')], [set('/text', 'c')]);
    if (result.status !== 'conflict') return;
    const dependent = laptop.create(wire.fresh(), {}, { dependsOn: [contested.id] });
    same(await wire.pushOne(dependent), { id: dependent.id, status: 'blocked', by: contested.id }, 'before');
    await wire.push([carriedOn(wire, contested, result)]);
    same(codeOf(await wire.pushOne(dependent)), 'accepted', 'afterwards');
  }),

  wireCase('a conflict in a transaction shows the record without it', async (wire) => {
    const [phone, laptop] = [wire.author(), wire.author()];
    const seen = await wire.created(phone);
    await wire.push([phone.update(seen, [set('/text', 'b')])]);
    const held = await wire.present(seen.id);
    const transaction = { id: wire.fresh(), size: 2 };
    const innocent = laptop.create(wire.fresh(), {}, { transaction });
    const contested = laptop.update(seen, [set('/text', 'c')], { transaction });
    const { results } = await wire.push([innocent, contested]);
    const [first, second] = results;
    if (second?.status !== 'conflict') return same(results.map(codeOf), ['accepted', 'accepted'], 'results');
    same(first, { id: innocent.id, status: 'blocked', by: contested.id }, 'the other member');
    same([second.record, await wire.present(seen.id)], [held, held], 'the record');
    same(await wire.record(innocent.entityId), undefined, 'a record of the group');
  }),
];

interface Contest {
  readonly phone: Author;
  readonly laptop: Author;
  readonly contested: Operation;
  readonly result: OperationResult;
  readonly seen: { readonly id: string };
  /** The record before the contested operation came. */
  readonly held: Awaited<ReturnType<Wire['present']>>;
}

/** Two authors change what both have seen; the first one's write is in, the second one's was answered. */
async function concurrent(
  wire: Wire,
  first: Operation['changes'],
  second: Operation['changes'],
): Promise<Contest> {
  const [phone, laptop] = [wire.author(), wire.author()];
  const seen = await wire.created(phone);
  await wire.push([phone.update(seen, first)]);
  const held = await wire.present(seen.id);
  const contested = laptop.update(seen, second);
  const result = await wire.pushOne(contested);
  expectKind(wire, result);
  return { phone, laptop, contested, result, seen, held };
}

function expectKind({ setup }: Wire, result: OperationResult): void {
  const expected =
    setup.decides === undefined ? ['accepted', 'conflict'] : [setup.decides ? 'accepted' : 'conflict'];
  holds(
    expected.includes(result.status),
    `expected ${expected.join(' or ')}, got ${codeOf(result)}: is the server of the other kind?`,
  );
}

/** The same write by somebody who has seen the record of the conflict. */
function carriedOn(
  wire: Wire,
  contested: Operation,
  { record }: Pick<OperationResult & { status: 'conflict' }, 'record'>,
): Operation {
  return {
    ...contested,
    id: wire.fresh(),
    clock: clockWith({ clock: { ...contested.clock, ...record.clock } }, contested),
    replaces: contested.id,
  };
}

/** A clock that has taken in that operation, and nothing else its author had seen. */
function clockWith(
  { clock }: Pick<Operation, 'clock'>,
  { stamp, clock: own }: Operation,
): Operation['clock'] {
  const author = stamp.slice(18);
  return { ...clock, [author]: own[author] ?? 0 };
}
