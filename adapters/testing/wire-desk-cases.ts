import { holds, same } from './check.js';
import { after, set } from './wire-author.js';
import { goodJson, refusedWith } from './wire-call.js';
import { wireCase, type Wire, type WireCase } from './wire-world.js';
import { codeOf } from './wire-write-cases.js';

/** The calls that no client needs. A server that has them not answers `not-found`, and is right too. */
export const wireDeskCases: readonly WireCase[] = [
  wireCase('where `delta` is offered, it tells the leaves that differ from those held', async (wire) => {
    const phone = wire.author();
    const place = { city: 'Bonn', 'a/b': { deep: [1] }, none: {} };
    const first = phone.create(wire.fresh(), { text: 'piano', place });
    await wire.push([first, phone.update(after(first), [set('/count', 2)])]);
    const { entity, entityId: id } = first;
    // The hash of "piano", from the page, and one of nothing.
    const fields = {
      '/text': 'afb3f872f14dd2acbca7740c244a80bc',
      '/count': '0'.repeat(32),
      '/gone': '0'.repeat(32),
    };
    const ask = (version: number) => wire.post('/delta', { ...spaceOf(wire), entity, id, version, fields });
    const reply = await ask(1);
    if (reply.status === 404) return void refusedWith(reply, 'not-found', 'a delta');
    const { clock, stamp } = await wire.present(id);
    const delta = withoutEnvelope(goodJson(reply, 'a delta'));
    const changed = {
      '/id': id,
      '/count': 2,
      '/tags': ['x'],
      '/place/city': 'Bonn',
      '/place/a~1b/deep': [1],
      '/place/none': {},
    };
    const told = delta['changed'] as { path: string; value: unknown }[];
    same(Object.fromEntries(told.map(({ path, value }) => [path, value])), changed, 'changed');
    same(
      { ...delta, changed: [] },
      { version: 2, clock, stamp, changed: [], removed: ['/gone'] },
      'the rest of it',
    );
    same(withoutEnvelope(goodJson(await ask(2), 'a delta')), { unchanged: true }, 'to who has this version');
  }),

  wireCase('where `delta` is offered, it tells nothing of a deleted record', async (wire) => {
    const phone = wire.author();
    const removal = phone.delete(await wire.created(phone));
    await wire.push([removal]);
    const { entity, entityId: id } = removal;
    const reply = await wire.post('/delta', { ...spaceOf(wire), entity, id, version: 1, fields: {} });
    refusedWith(reply, 'not-found', 'a delta');
  }),

  wireCase('where conflicts are listed, each is open until it is resolved, once', async (wire) => {
    const [phone, laptop] = [wire.author(), wire.author()];
    const seen = await wire.created(phone);
    await wire.push([phone.update(seen, [set('/text', 'b')])]);
    const contested = laptop.update(seen, [set('/text', 'c')]);
    const result = await wire.pushOne(contested);
    const open = result.status === 'conflict' ? await openConflicts(wire) : undefined;
    if (open === undefined) return;
    const conflict = open.find(({ id }) => id === contested.id);
    same(conflict?.['record'], await wire.present(seen.id), 'the record of the conflict');

    const operationId = wire.fresh();
    const body = { ...spaceOf(wire), resolution: 'local', operationId };
    const resolve = () => wire.post(`/conflicts/${contested.id}/resolve`, body);
    const answer = withoutEnvelope(goodJson(await resolve(), 'a resolution'));
    same([answer['id'], answer['status']], [operationId, 'accepted'], 'id and status of the resolution');
    const record = await wire.present(seen.id);
    same(record.data['text'], 'c', 'text');
    same(
      withoutEnvelope(goodJson(await resolve(), 'the same again'))['status'],
      'accepted',
      'status of the same again',
    );
    same((await wire.present(seen.id)).version, record.version, 'version after it');
    holds(!(await openConflicts(wire))?.some(({ id }) => id === contested.id), 'a conflict is still open');
    same(codeOf(await wire.pushOne(contested)), 'conflict', 'the contested operation, again');
  }),
];

function spaceOf(wire: Wire): { readonly space?: unknown } {
  const { space } = wire.pullBody();
  return space === undefined ? {} : { space };
}

function withoutEnvelope(json: unknown): Record<string, unknown> {
  const { serverTime: _, epoch: __, ...rest } = json as Record<string, unknown>;
  return rest;
}

/** `undefined` where they are not listed. */
async function openConflicts(wire: Wire): Promise<({ id: string } & Record<string, unknown>)[] | undefined> {
  const found: ({ id: string } & Record<string, unknown>)[] = [];
  for (let cursor = ''; ;) {
    const query = new URLSearchParams({
      ...(spaceOf(wire) as Record<string, string>),
      ...(cursor && { cursor }),
    });
    const reply = await wire.call(`/conflicts?${query.toString()}`);
    if (reply.status === 404) return undefined;
    const page = goodJson(reply, 'a page of conflicts') as {
      conflicts: typeof found;
      cursor: string;
      more: boolean;
    };
    found.push(...page.conflicts);
    if (!page.more) return found;
    cursor = page.cursor;
  }
}
