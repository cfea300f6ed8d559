import type { Operation, PullAnswer } from 'syncline';
import { holds, same } from './check.js';
import { after, set } from './wire-author.js';
import { refusedWith } from './wire-call.js';
import { Mirror } from './wire-mirror.js';
import { wireCase, type WireCase } from './wire-world.js';

/** What a pull brings, and where it goes on. */
export const wirePullCases: readonly WireCase[] = [
  wireCase('changes come in the order of their last change, each record once', async (wire) => {
    const phone = wire.author();
    const creates = [1, 2, 3].map(() => phone.create(wire.fresh()));
    for (const operation of creates) await wire.push([operation]);
    const [a, b, c] = creates.map(({ entityId }) => entityId);
    await wire.push([phone.update(after(creates[0]!), [set('/text', 'b')])]);
    const pages = await wire.follow(new Mirror(wire.start));
    same(
      idsOf(pages).filter((id) => [a, b, c].includes(id)),
      [b, c, a],
      'ids',
    );
  }),

  wireCase('at the end nothing is left, and nothing comes', async (wire) => {
    await wire.created(wire.author());
    const mirror = new Mirror(wire.start);
    await wire.follow(mirror);
    const [page] = await wire.follow(mirror);
    same([page?.changes, page?.more, page?.reset ?? false], [[], false, false], 'page');
  }),

  wireCase('pages bring everything, no page more than was asked for', async (wire) => {
    const phone = wire.author();
    const operations = Array.from({ length: 5 }, () => phone.create(wire.fresh()));
    for (const operation of operations) await wire.push([operation]);
    const pages = await wire.follow(new Mirror(wire.start), { limit: 2 });
    holds(
      pages.every(({ changes }) => changes.length <= 2),
      'a page holds more than 2 changes',
    );
    const ours = operations.map(({ entityId }) => entityId);
    same(
      idsOf(pages).filter((id) => ours.includes(id)),
      ours,
      'ids',
    );
    for (const [at, { more }] of pages.entries()) {
      const rest = idsOf(pages.slice(at + 1)).length;
      holds(
        rest === 0 ? more === false : more === 'unknown' || more === rest,
        `more is ${String(more)}, and ${rest} came`,
      );
    }
  }),

  wireCase('a page never splits what was committed together', async (wire) => {
    const phone = wire.author();
    const single = phone.create(wire.fresh());
    await wire.push([single]);
    const groups: string[][] = [];
    for (const size of [3, 2]) {
      const transaction = { id: wire.fresh(), size };
      const members = Array.from({ length: size }, () => phone.create(wire.fresh(), {}, { transaction }));
      await wire.push(members);
      groups.push(members.map(({ entityId }) => entityId));
    }
    const pages = await wire.follow(new Mirror(wire.start), { limit: 1 });
    for (const group of groups) {
      const pagesOfGroup = pages.filter((page) => idsOf([page]).some((id) => group.includes(id)));
      same(pagesOfGroup.length, 1, 'pages that hold members of one transaction');
      same(
        idsOf(pagesOfGroup)
          .filter((id) => group.includes(id))
          .sort(),
        group.sort(),
        'its members',
      );
    }
  }),

  wireCase('what changes while pages are read is not missed', async (wire) => {
    const phone = wire.author();
    const operations = Array.from({ length: 4 }, () => phone.create(wire.fresh()));
    for (const operation of operations) await wire.push([operation]);
    const mirror = new Mirror(wire.start);
    mirror.take(await wire.pull({ cursor: wire.start, limit: 2 }));
    await wire.push([phone.update(after(operations[0]!), [set('/text', 'b')])]);
    await wire.push([phone.update(after(operations[3]!), [set('/text', 'c')])]);
    await wire.follow(mirror, { limit: 2 });
    const texts = operations.map(({ entityId }) => mirror.get(entityId)?.data?.['text'] ?? null);
    same(texts, ['b', 'a', 'a', 'c'], 'texts');
  }),

  wireCase('who follows step by step holds the same as who starts anew', async (wire) => {
    const phone = wire.author();
    const follower = new Mirror(wire.start);
    const create = phone.create(wire.fresh());
    const steps: Operation['changes'][] = [
      [set('/text', 'b'), set('/place/halls/first', [1])],
      [{ path: '/place/city', action: 'unset' }, set('/place/halls/first', {})],
      [set('/place', { was: 'text' }), set('/count', 0)],
      [set('/place/a~1b', { '': null }), { path: '/tags', action: 'remove', value: ['x'] }],
      [set('', { id: create.entityId, text: 'all new', count: 1, tags: [], place: {} })],
    ];
    let last = create;
    await wire.push([create]);
    for (const changes of steps) {
      await wire.follow(follower);
      last = phone.update(after(last), changes);
      await wire.push([last]);
      await wire.follow(follower);
      same(follower.get(create.entityId), await wire.record(create.entityId), 'what is held');
    }
    await wire.push([phone.delete(after(last))]);
    await wire.follow(follower);
    const removed = follower.get(create.entityId);
    same(
      [removed, removed?.deleted],
      [await wire.record(create.entityId), true],
      'what is held of the deleted one',
    );
  }),

  wireCase('a cursor that is none is answered from the start', async (wire) => {
    const { id } = await wire.created(wire.author());
    const lost = await wire.post('/pull', { ...wire.pullBody(), cursor: 'no-cursor-of-this-server' });
    if (lost.status === 410) return void refusedWith(lost, 'cursor-expired', 'a cursor that is none');
    const mirror = new Mirror('no-cursor-of-this-server');
    const pages = await wire.follow(mirror);
    same(
      pages.map(({ reset }) => reset ?? false),
      pages.map((_, at) => at === 0),
      '`reset` of the pages',
    );
    same(mirror.get(id)?.version, 1, 'version of a record that was there');
  }),

  wireCase('entities can be chosen, and a cursor of fewer is of no use for more', async (wire) => {
    const phone = wire.author();
    const { id } = await wire.created(phone);
    const other = `${phone.entity.slice(0, 32)}-none-of-these`;
    const mirror = new Mirror(wire.start);
    await wire.follow(mirror, { entities: [other] });
    same(mirror.get(id), undefined, 'an entity that was not asked for');
    const pages = await wire.follow(mirror, { entities: [other, phone.entity] });
    same([pages[0]?.reset, mirror.get(id)?.version], [true, 1], 'reset, and version of the record');
    await wire.push([phone.delete({ id, clock: mirror.get(id)?.clock ?? {} })]);
    await wire.follow(mirror, { entities: [other, phone.entity] });
    same(mirror.get(id)?.deleted, true, 'a delete, told to who asked for its entity');
  }),

  wireCase('a pull may begin with nothing', async (wire) => {
    const { id } = await wire.created(wire.author());
    const mirror = new Mirror();
    const pages = await wire.follow(mirror);
    same([mirror.get(id)?.version, pages[0]?.reset ?? false], [1, false], 'version and reset');
    same(
      (await wire.follow(mirror)).flatMap(({ changes }) => changes),
      [],
      'changes after it',
    );
  }),

  wireCase('the cursor of a push leaves nothing out', async (wire) => {
    const [phone, laptop] = [wire.author(), wire.author()];
    const [mine, theirs] = [phone.create(wire.fresh()), laptop.create(wire.fresh())];
    const mirror = new Mirror(wire.start);
    await wire.push([mine], { cursor: wire.start });
    await wire.follow(mirror);
    await wire.push([theirs]);
    const second = phone.update(after(mine), [set('/text', 'b')]);
    const answer = await wire.push([second], { cursor: mirror.cursor });
    mirror.cursor = answer.cursor ?? mirror.cursor;
    await wire.follow(mirror);
    same(mirror.get(theirs.entityId)?.version, 1, "version of another's record, written in between");
  }),

  wireCase('a space knows nothing of another', async (wire) => {
    const phone = wire.author();
    const { id } = await wire.created(phone);
    const space = `conformance-${wire.fresh()}`;
    const reply = await wire.post('/pull', { ...wire.pullBody(), space });
    if (reply.status === 403) return;
    const mirror = new Mirror();
    await wire.follow(mirror, { space });
    same(mirror.get(id), undefined, 'a record of the other space');
  }),
];

function idsOf(pages: readonly PullAnswer[]): string[] {
  return pages.flatMap(({ changes }) =>
    changes.map((change) => (change.kind === 'put' ? change.record.id : change.id)),
  );
}
