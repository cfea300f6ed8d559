import { describe, expect, it } from 'vitest';
import { defaultLimits, limitsWith } from '../../src/protocol/limits.js';
import { parsePullAnswer, parsePushAnswer, parseRefusal } from '../../src/protocol/answers.js';
import { parsePullRequest, parsePushRequest } from '../../src/protocol/requests.js';
import { refusal, refusalOf, type RefusalCode } from '../../src/protocol/refusals.js';
import { isSyncError } from '../../src/errors.js';

const operation = {
  id: 'op-1',
  entity: 'task',
  entityId: 't1',
  kind: 'update',
  changes: [{ path: '/title', action: 'set', value: 'Tea', base: 'tea' }],
  clock: { phone: 1 },
  stamp: '01900000abcd-0000-phone',
  schemaVersion: 1,
};
const record = {
  entity: 'task',
  id: 't1',
  data: { id: 't1' },
  version: 1,
  clock: { phone: 1 },
  stamp: '01900000abcd-0000-phone',
};
const envelope = { serverTime: 1, epoch: 'e' };

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let at = 0; at < depth; at++) value = { a: value };
  return value;
}

/** The text of a push of one operation that has this, too. */
function opOf(fields: object): string {
  return JSON.stringify({ replica: 'a', operations: [{ ...operation, ...fields }] });
}

function errorOf(work: () => unknown): { code: string; message: string; details: unknown } {
  try {
    work();
  } catch (error) {
    if (isSyncError(error)) return { code: error.code, message: error.message, details: error.details };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a push request', () => {
  it('is taken from text and from values alike, without what it does not know', () => {
    const request = {
      replica: 'phone',
      space: 's',
      extra: 1,
      operations: [{ ...operation, extra: { deep: true } }],
    };
    const parsed = { replica: 'phone', space: 's', operations: [operation] };
    expect(parsePushRequest(request)).toEqual(parsed);
    expect(parsePushRequest(JSON.stringify(request))).toEqual(parsed);
  });

  it('keeps every field an operation can have', () => {
    const full = {
      ...operation,
      changes: [
        { path: '/a~1b', action: 'unset', baseHash: 'abc' },
        { path: '/n', action: 'increment', value: -2 },
        { path: '/tags', action: 'add', value: ['x'] },
        { path: '/tags', action: 'remove', value: [null] },
        { path: '/o', action: 'merge', value: { a: null } },
        { path: '/nothing', action: 'set', value: null, base: false },
      ],
      dependsOn: ['op-0'],
      transaction: { id: 'g', size: 1 },
      priority: -3,
      replaces: 'op-0',
      decisions: [
        {
          path: '/a',
          operationId: 'op-0',
          replica: 'phone',
          base: 1,
          local: 2,
          remote: 3,
          result: null,
          winner: 'both',
          rule: 'sum',
          why: 'both',
        },
      ],
      meta: { screen: 'list' },
    };
    expect(parsePushRequest({ replica: 'phone', operations: [full] }).operations).toEqual([full]);
  });

  it.each([
    ['no object', 'null'],
    ['no JSON', '{'],
    ['no replica', '{"operations":[]}'],
    ['a replica that is no name', '{"replica":"a b","operations":[]}'],
    ['a replica named like a part of every object', '{"replica":"toString","operations":[]}'],
    ['operations that are none', '{"replica":"a","operations":{}}'],
    ['an operation without an id', '{"replica":"a","operations":[{"entity":"task","entityId":"t"}]}'],
    ['a record id that ends early in some stores', opOf({ entityId: 'a\0b' })],
    ['a record id that is no Unicode', opOf({ entityId: 'a\ud83d' })],
    ['such a space', JSON.stringify({ replica: 'a', space: 'a\0b', operations: [] })],
    ['one id twice', JSON.stringify({ replica: 'a', operations: [operation, operation] })],
  ])('with %s is refused', (_, text) => {
    expect(errorOf(() => parsePushRequest(text))).toMatchObject({
      code: 'protocol',
      details: { refusal: 'bad-request' },
    });
  });

  it('with too many operations or bytes is too large', () => {
    const operations = Array.from({ length: 3 }, (_, at) => ({ ...operation, id: `op-${at}` }));
    const limits = limitsWith({ operationsPerPush: 2 });
    expect(errorOf(() => parsePushRequest({ replica: 'a', operations }, limits))).toMatchObject({
      code: 'limit',
      details: { refusal: 'too-large', operationsMax: 2 },
    });
    expect(errorOf(() => parsePushRequest(' '.repeat(11), limitsWith({ requestBytes: 10 })))).toMatchObject({
      code: 'limit',
    });
    // Three bytes each in UTF-8.
    expect(errorOf(() => parsePushRequest('€'.repeat(4), limitsWith({ requestBytes: 10 })))).toMatchObject({
      code: 'limit',
    });
  });

  const bad: [string, unknown, string?][] = [
    ['an unknown kind', { kind: 'upsert' }],
    ['an unknown action', { changes: [{ path: '/a', action: 'push', value: 1 }] }],
    ['a path to a prototype', { changes: [{ path: '/__proto__/admin', action: 'set', value: true }] }],
    ['a path to a constructor', { changes: [{ path: '/a/constructor', action: 'set', value: true }] }],
    ['a path that is no JSON Pointer', { changes: [{ path: 'title', action: 'set', value: 1 }] }],
    ['a path with a broken escape', { changes: [{ path: '/a~2', action: 'set', value: 1 }] }],
    ['a path that is too deep', { changes: [{ path: '/a'.repeat(33), action: 'set', value: 1 }] }],
    ['a value that is too deep', { changes: [{ path: '/a', action: 'set', value: nested(32) }] }],
    ['a value far too deep', { changes: [{ path: '/a', action: 'set', value: nested(20_000) }] }],
    [
      'a key that reaches a prototype',
      { changes: [{ path: '/a', action: 'set', value: JSON.parse('{"__proto__":{"admin":true}}') }] },
    ],
    ['such a key in its clock', { clock: JSON.parse('{"phone":1,"__proto__":2}') }],
    ['a number that is not finite', { changes: [{ path: '/a', action: 'set', value: 1 / 0 }] }],
    ['a clock of somebody without a name', { clock: { phone: 1, 'a b': 1 } }],
    ['a counter that is no counter', { clock: { phone: 0 } }],
    ['a clock without its author', { clock: { laptop: 1 } }],
    ['a stamp that is none', { stamp: 'yesterday' }],
    ['a set without a value', { changes: [{ path: '/a', action: 'set' }] }],
    ['an unset with a value', { changes: [{ path: '/a', action: 'unset', value: 1 }] }],
    ['an increment by a word', { changes: [{ path: '/a', action: 'increment', value: 'x' }] }],
    ['an addition that is no array', { changes: [{ path: '/a', action: 'add', value: 'x' }] }],
    ['a record that is an array', { kind: 'create', changes: [{ path: '', action: 'set', value: [] }] }],
    ['a create that is not at the root', { kind: 'create' }],
    ['a delete that sets', { kind: 'delete' }],
    ['an update that deletes', { changes: [{ path: '', action: 'unset' }] }],
    ['a schema version of 0', { schemaVersion: 0 }],
    ['too many bytes', { meta: { text: 'x'.repeat(defaultLimits.operationBytes) } }, 'limit'],
  ];
  it('does not count the decisions of an operation among its bytes', () => {
    const gaveWay = 'x'.repeat(defaultLimits.operationBytes);
    const decision = {
      path: '/text',
      operationId: 'op-0',
      replica: 'a',
      winner: 'local',
      rule: 'person',
      why: 'W.',
    };
    const decided = { ...operation, decisions: [{ ...decision, remote: gaveWay }] };
    expect(parsePushRequest({ replica: 'a', operations: [decided] }).operations).toEqual([decided]);
  });

  it.each(bad)(
    'names an operation with %s as refused and lets the others carry on',
    (_, fields, code = 'protocol') => {
      const other = { ...operation, id: 'op-2' };
      const { operations } = parsePushRequest({
        replica: 'a',
        operations: [{ ...operation, ...(fields as object) }, other],
      });
      expect(operations).toEqual([
        { id: 'op-1', entity: 'task', entityId: 't1', refused: { code, message: expect.any(String) } },
        other,
      ]);
    },
  );

  it('may be as deep as the limit', () => {
    for (const changes of [
      [{ path: '/a', action: 'set', value: nested(31) }],
      [{ path: '/a'.repeat(32), action: 'set', value: 1 }],
      [{ path: '', action: 'set', value: nested(32) }],
    ]) {
      expect(
        parsePushRequest({ replica: 'a', operations: [{ ...operation, changes }] }).operations[0],
      ).toHaveProperty('changes');
    }
  });
});

describe('a pull request', () => {
  it('asks for no more than a page holds', () => {
    expect(parsePullRequest({ replica: 'a', limit: 9999, cursor: 'c', entities: ['task'] })).toEqual({
      replica: 'a',
      limit: 1000,
      cursor: 'c',
      entities: ['task'],
    });
  });

  it.each([{ limit: 0 }, { limit: 1.5 }, { limit: 1, entities: ['../etc'] }, { limit: 1, cursor: 7 }])(
    '%j is refused',
    (fields) => {
      expect(errorOf(() => parsePullRequest({ replica: 'a', ...fields }))).toMatchObject({
        code: 'protocol',
      });
    },
  );
});

describe('an answer', () => {
  const results = [
    { id: 'a', status: 'accepted', outcome: 'applied', version: 1 },
    { id: 'b', status: 'accepted', outcome: 'merged', version: 2, record, decisions: [] },
    { id: 'c', status: 'conflict', conflictId: 'c', record, fields: [{ path: '/title', local: 'x' }] },
    { id: 'd', status: 'rejected', code: 'validation', message: 'no', details: { path: '/a' } },
    { id: 'e', status: 'retry', code: 'busy', afterMs: 10 },
    { id: 'f', status: 'blocked', by: 'e' },
  ];
  const changes = [
    {
      kind: 'put',
      record: { ...record, stamps: { '': record.stamp, '/a': record.stamp }, deleted: true, decisions: [] },
    },
    {
      kind: 'patch',
      entity: 'task',
      id: 't1',
      version: 2,
      clock: { phone: 2 },
      stamp: record.stamp,
      set: [{ path: '/a', value: null }],
      unset: ['/b'],
    },
    { kind: 'delete', entity: 'task', id: 't1', version: 3, clock: { phone: 3 }, stamp: record.stamp },
    { kind: 'remove', entity: 'task', id: 't1' },
  ];

  it('is read as it was written', () => {
    expect(parsePushAnswer({ ...envelope, results })).toEqual({ ...envelope, results });
    for (const more of [false, 7, 'unknown'] as const) {
      const page = { ...envelope, changes, cursor: 'c', more, reset: true };
      expect(parsePullAnswer(JSON.stringify(page))).toEqual(page);
    }
  });

  it.each([
    ['an unknown change', { changes: [{ kind: 'replace', record }] }],
    ['a record without a clock', { changes: [{ kind: 'put', record: { ...record, clock: undefined } }] }],
    [
      'a record with an unsafe key',
      { changes: [{ kind: 'put', record: { ...record, data: JSON.parse('{"__proto__":1}') } }] },
    ],
    ['a record that is too deep', { changes: [{ kind: 'put', record: { ...record, data: nested(60) } }] }],
    ['a patch without a value', { changes: [{ ...changes[1], set: [{ path: '/a' }] }] }],
    ['a patch to a prototype', { changes: [{ ...changes[1], set: [{ path: '/__proto__/a', value: 1 }] }] }],
    ['no cursor', { cursor: undefined }],
    ['a negative rest', { more: -1 }],
    ['no epoch', { epoch: undefined }],
  ])('of a hostile server with %s is refused', (_, fields) => {
    const page = JSON.parse(JSON.stringify({ ...envelope, changes, cursor: 'c', more: false }));
    expect(errorOf(() => parsePullAnswer({ ...page, ...fields }))).toMatchObject({ code: 'protocol' });
  });

  it.each([{ status: 'done' }, { status: 'accepted', outcome: 'won', version: 1 }, { status: 'conflict' }])(
    'to a push of %j is refused',
    (fields) => {
      expect(
        errorOf(() => parsePushAnswer({ ...envelope, results: [{ id: 'a', ...fields }] })),
      ).toMatchObject({ code: 'protocol' });
    },
  );

  it('with ten thousand records is read in a moment', () => {
    const many = {
      ...envelope,
      cursor: 'c',
      more: false,
      changes: Array.from({ length: 10_000 }, (_, at) => ({
        kind: 'put',
        record: {
          ...record,
          id: `t${at}`,
          data: {
            id: `t${at}`,
            title: 'Tea',
            done: false,
            minutes: at,
            tags: ['a', 'b'],
            place: { city: 'Ghent' },
          },
        },
      })),
    };
    const text = JSON.stringify(many);
    const times = Array.from({ length: 4 }, () => {
      const start = performance.now();
      expect(parsePullAnswer(text).changes).toHaveLength(10_000);
      return performance.now() - start;
    });
    // Tens of milliseconds; the bound leaves room for a machine at work on other things, and the fastest counts.
    expect(Math.min(...times)).toBeLessThan(500);
  });
});

describe('a refusal', () => {
  const codes: [RefusalCode, number, string][] = [
    ['unauthenticated', 401, 'unauthenticated'],
    ['forbidden', 403, 'forbidden'],
    ['wrong-space', 403, 'forbidden'],
    ['not-found', 404, 'not-found'],
    ['too-large', 413, 'limit'],
    ['rate-limited', 429, 'network'],
    ['protocol-unsupported', 400, 'version'],
    ['schema-outdated', 409, 'version'],
    ['cursor-expired', 410, 'cursor-expired'],
    ['bad-request', 400, 'protocol'],
    ['unavailable', 503, 'network'],
  ];
  it.each(codes)('%s crosses the wire and stays what it is', (code, status, errorCode) => {
    const sent = refusal(code, 'because', { details: { least: 2 }, retryAfterMs: 1500 });
    expect(sent.code).toBe(errorCode);
    const { status: answered, error } = refusalOf(sent);
    expect(answered).toBe(status);
    const received = parseRefusal(JSON.parse(JSON.stringify({ error, serverTime: 1 })));
    expect(received).toMatchObject({
      code: errorCode,
      message: 'because',
      details: { refusal: code, least: 2 },
      retryAfterMs: 1500,
    });
  });

  it('keeps to itself what went wrong inside', () => {
    expect(refusalOf(new Error('secret'))).toEqual({
      status: 500,
      error: { code: 'internal', message: 'the server failed' },
    });
  });

  it('of an unknown kind is a breach of the protocol, and other JSON is no refusal', () => {
    expect(parseRefusal({ error: { code: 'tea-time', message: 'no' } })).toMatchObject({ code: 'protocol' });
    expect(parseRefusal({ error: 'no' })).toBeUndefined();
    expect(parseRefusal('no')).toBeUndefined();
  });
});

describe('limits', () => {
  it('must be positive, and a page has an end', () => {
    expect(limitsWith({ depth: 8 })).toEqual({ ...defaultLimits, depth: 8 });
    for (const changes of [{ depth: 0 }, { requestBytes: NaN }, { changesPerPage: 5001 }]) {
      expect(errorOf(() => limitsWith(changes))).toMatchObject({ code: 'validation' });
    }
  });
});
