import type { Json, JsonObject, Operation } from 'syncline';
import { holds, same } from './check.js';
import { set } from './wire-author.js';
import { asPushAnswer, packed, refusedWith } from './wire-call.js';
import { Mirror } from './wire-mirror.js';
import { wireCase, type Wire, type WireCase } from './wire-world.js';
import { codeOf } from './wire-write-cases.js';

/** What must not be taken in, and how that is said. */
export const wireRefusalCases: readonly WireCase[] = [
  wireCase('what is no JSON is refused', async (wire) => {
    for (const path of ['/push', '/pull'])
      for (const body of ['', '{', 'hello', `${JSON.stringify(wire.pullBody())}}`])
        refusedWith(await wire.call(path, { body }), 'bad-request', `POST ${path} of '${body.slice(0, 10)}'`);
  }),

  wireCase('what has not the shape of a push is refused', async (wire) => {
    const sound = wire.pushBody([]);
    const { operations: _, ...without } = sound;
    const names = ['', 'a b', 'x'.repeat(65), 'constructor', 'toString', 7].map((replica) => ({
      ...sound,
      replica,
    }));
    const bodies = [
      [],
      null,
      'push',
      without,
      { ...sound, operations: {} },
      { ...sound, cursor: 7 },
      ...names,
    ];
    for (const body of bodies)
      refusedWith(await wire.post('/push', body), 'bad-request', `a push of ${JSON.stringify(body)}`);
  }),

  wireCase('what has not the shape of a pull is refused', async (wire) => {
    const sound = wire.pullBody();
    const { limit: _, ...without } = sound;
    const bodies: unknown[] = [
      [],
      null,
      without,
      { ...sound, entities: 'task' },
      { ...sound, entities: ['a b'] },
    ];
    for (const limit of [0, -1, 1.5, '10']) bodies.push({ ...sound, limit });
    for (const body of [...bodies, { ...sound, replica: '' }, { ...sound, cursor: {} }])
      refusedWith(await wire.post('/pull', body), 'bad-request', `a pull of ${JSON.stringify(body)}`);
  }),

  wireCase('a push with an operation that cannot be named is refused as a whole', async (wire) => {
    const phone = wire.author();
    const sound = phone.create(wire.fresh());
    const heads = [
      { id: 'a b' },
      { id: 7 },
      { entity: '1st' },
      { entityId: '' },
      { entityId: 'x'.repeat(257) },
      { entityId: 'a\0b' },
      { entityId: '\ud83d' },
    ];
    for (const head of heads)
      refusedWith(
        await pushed(wire, [sound, { ...phone.create(wire.fresh()), ...head }]),
        'bad-request',
        JSON.stringify(head),
      );
    refusedWith(await pushed(wire, [sound, 7]), 'bad-request', 'an operation that is a number');
    refusedWith(await pushed(wire, [sound, sound]), 'bad-request', 'an id that is there twice');
    same(await wire.record(sound.entityId), undefined, 'a record of the sound operation');
  }),

  wireCase('an operation of an unknown kind or shape is refused, and the others carry on', async (wire) => {
    const flaws = (sound: Operation): object[] => [
      ...['upsert', 'Create', null].map((kind) => ({ kind })),
      { changes: [] },
      { changes: [{ path: '', action: 'replace', value: {} }] },
      ...['text', [], null].map((value) => ({ changes: [{ path: '', action: 'set', value }] })),
      { clock: {} },
      { clock: { ...sound.clock, other: 0 } },
      { clock: { ...sound.clock, other: 1.5 } },
      { clock: { ...sound.clock, 'a b': 1 } },
      ...['', sound.stamp.toUpperCase(), sound.stamp.slice(1), `${sound.stamp}/x`].map((stamp) => ({
        stamp,
      })),
      { schemaVersion: 0 },
      { schemaVersion: '1' },
      { dependsOn: 'x' },
      { transaction: { id: 't', size: 0 } },
      { meta: [] },
      { kind: 'delete', changes: [set('/text', 'b')] },
      { kind: 'delete', changes: [set('', {})] },
    ];
    await refusesEach(wire, flaws, 'protocol');
  }),

  wireCase('a change that makes no sense is refused', async (wire) => {
    const changes: object[] = [
      { path: '/text', action: 'set' },
      { path: '/text', action: 'unset', value: 'a' },
      { path: '/count', action: 'increment', value: '1' },
      { path: '/tags', action: 'add', value: 'x' },
      { path: '/tags', action: 'remove', value: {} },
      { path: '/place', action: 'merge' },
      { path: '', action: 'unset' },
      { path: '', action: 'merge', value: [] },
      ...['text', '/a~2', '/a~', 7, `/${'x'.repeat(4096)}`].map((path) => ({
        path,
        action: 'set',
        value: 'a',
      })),
    ];
    await refusesEach(
      wire,
      () => changes.map((change) => ({ kind: 'update', changes: [change] })),
      'protocol',
    );
  }),

  wireCase('paths and keys that reach a prototype are refused', async (wire) => {
    const unsafe = ['__proto__', 'constructor', 'prototype'];
    const paths = unsafe.flatMap((key) => [`/${key}`, `/place/${key}/x`]);
    const place = (key: string): Json => JSON.parse(`{"deep":[{"${key}":{"polluted":true}}]}`) as JsonObject;
    const flaws = (sound: Operation): object[] => [
      ...paths.map((path) => ({ kind: 'update', changes: [{ path, action: 'set', value: 1 }] })),
      ...unsafe.map((key) => ({
        changes: [set('', { id: sound.entityId, text: 'a', count: 1, tags: [], place: place(key) })],
      })),
      ...unsafe.map((key) => ({ meta: place(key) })),
      ...unsafe.map((key) => ({
        clock: JSON.parse(`{"${Object.keys(sound.clock)[0]!}":9,"${key}":1}`) as object,
      })),
    ];
    await refusesEach(wire, flaws, 'protocol');
  }),

  wireCase('an operation that is nested too deeply is refused', async (wire) => {
    const { depth } = wire.limits;
    const nested = (levels: number): Json =>
      Array.from({ length: levels }).reduce<Json>((inner) => [inner], 1);
    const flaws = (sound: Operation): object[] => [
      { changes: [set('', { ...(sound.changes[0]?.value as JsonObject), place: { x: nested(depth) } })] },
      { kind: 'update', changes: [set('/a'.repeat(depth + 1), 1)] },
      { kind: 'update', changes: [set('/a'.repeat(depth), nested(2))] },
    ];
    await refusesEach(wire, flaws, 'protocol');
    const phone = wire.author();
    const seen = await wire.created(phone, { place: { x: nested(depth - 4) } });
    same(
      codeOf(await wire.pushOne(phone.update(seen, [set('/place/y/z', nested(depth - 5))]))),
      'accepted',
      'one that is not',
    );
  }),

  wireCase('an operation that is too large is refused, and the others carry on', async (wire) => {
    const tags = ['x'.repeat(wire.limits.operationBytes)];
    await refusesEach(
      wire,
      () => [{ changes: [set('', { id: 'x', text: 'a', count: 1, tags, place: {} })] }],
      'limit',
    );
  }),

  wireCase('a push of too many operations is refused as a whole', async (wire) => {
    const phone = wire.author();
    const operations = Array.from({ length: wire.limits.operationsPerPush + 1 }, () =>
      phone.create(wire.fresh()),
    );
    refusedWith(await pushed(wire, operations), 'too-large', 'the push');
    same(await wire.record(operations[0]!.entityId), undefined, 'a record');
  }),

  wireCase('a request that is too large is refused, packed or not', async (wire) => {
    const text = JSON.stringify({ ...wire.pullBody(), mood: 'x'.repeat(wire.limits.requestBytes) });
    refusedWith(await wire.call('/pull', { body: text }), 'too-large', 'as text');
    refusedWith(
      await wire.call('/pull', await packed(text)),
      'too-large',
      'packed: a small one that is large unpacked',
    );
  }),

  wireCase('another version of the protocol is refused, with those that are served', async (wire) => {
    const version = (asked: string | undefined) =>
      wire.post('/pull', wire.pullBody(), { 'syncline-protocol': asked });
    for (const asked of ['2', '0', 'one', '1.5']) {
      const { supported } = refusedWith(await version(asked), 'protocol-unsupported', `version ${asked}`);
      holds(
        Array.isArray(supported) && supported.includes(1),
        `details.supported does not hold 1 for version ${asked}`,
      );
    }
    same((await version(undefined)).status, 200, 'status without a version, which means 1');
  }),

  wireCase(
    'without its token nobody is answered, and nothing is written',
    async (wire) => {
      const operation = wire.author().create(wire.fresh());
      const { token } = wire.setup;
      for (const authorization of [
        undefined,
        'Bearer',
        `Bearer ${token}x`,
        `Bearer x${token}`,
        `Basic ${token}`,
      ]) {
        for (const [path, body] of [
          ['/push', wire.pushBody([operation])],
          ['/pull', wire.pullBody()],
        ] as const)
          refusedWith(
            await wire.post(path, body, { authorization }),
            'unauthenticated',
            `${path} with '${authorization}'`,
          );
      }
      same(await wire.record(operation.entityId), undefined, 'a record');
    },
    { needs: 'token' },
  ),

  wireCase('a call that there is not is refused', async (wire) => {
    refusedWith(await wire.post('/no-such-call', {}), 'not-found', 'POST /no-such-call');
    refusedWith(await wire.call('/push'), 'not-found', 'GET /push');
  }),
];

/** Pushes an operation with each flaw, and a sound one after each: the flawed are rejected, and leave nothing. */
async function refusesEach(
  wire: Wire,
  flaws: (sound: Operation) => readonly object[],
  code: string,
): Promise<void> {
  const phone = wire.author();
  const flawed: (readonly [flaw: object, base: Operation])[] = [];
  const operations: object[] = [];
  for (const at of flaws(phone.create(wire.fresh())).keys()) {
    const base = phone.create(wire.fresh());
    const flaw = flaws(base)[at] ?? {};
    flawed.push([flaw, base]);
    operations.push({ ...base, ...flaw }, phone.create(wire.fresh()));
  }
  const { results } = asPushAnswer(await pushed(wire, operations));
  const mirror = new Mirror(wire.start);
  await wire.follow(mirror);
  for (const [at, [flaw, base]] of flawed.entries()) {
    const text = JSON.stringify(flaw).slice(0, 200);
    same(
      [results[2 * at], results[2 * at + 1]].map(codeOf),
      [code, 'accepted'],
      `answers to ${text} and a sound one`,
    );
    same(mirror.get(base.entityId), undefined, `a record of ${text}`);
  }
}

function pushed(wire: Wire, operations: readonly unknown[]) {
  return wire.post('/push', wire.pushBody(operations));
}
