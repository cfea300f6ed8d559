import type {
  Decision,
  Operation,
  OperationResult,
  PullAnswer,
  PullRequest,
  PushAnswer,
  PushRequest,
  RecordChange,
  SyncRecord,
} from 'syncline';

/** Everything that the protocol can say, with every optional part once there and once not. */

const stamp = '01900000abcd-0000-phone';
const awkward = {
  text: 'ä 😀 ～ \u0000 \u2028 "quoted" \\ line\nbreak, lone \ud83d half',
  numbers: [0, -1.5e-7, Number.MAX_SAFE_INTEGER, 1e300],
  nothing: [null, false, '', [], {}],
  '': { ' ': 1, 'a/b~c': { deep: [[{ er: 1 }]] } },
};

const decision: Decision = {
  path: '/text',
  operationId: 'o-9',
  replica: 'phone',
  winner: 'local',
  rule: 'latest',
  why: 'The local value was written later.',
};
const decisions: readonly Decision[] = [
  decision,
  { ...decision, remoteReplica: 'laptop', base: null, local: 0, remote: false, result: '', winner: 'both' },
];

const record: SyncRecord = {
  entity: 'note',
  id: 'n1',
  data: awkward,
  version: 3,
  clock: { phone: 2, 'laptop_2-b': Number.MAX_SAFE_INTEGER },
  stamp,
};
const fullRecord: SyncRecord = {
  ...record,
  id: 'a/b~c 😀',
  version: 0,
  stamps: { '': stamp, '/a~1b': stamp },
  deleted: true,
  decisions,
};

const operation: Operation = {
  id: 'o-1',
  entity: 'note',
  entityId: 'n1',
  kind: 'create',
  changes: [{ path: '', action: 'set', value: awkward }],
  clock: { phone: 1 },
  stamp,
  schemaVersion: 1,
};

const operations: readonly Operation[] = [
  operation,
  {
    ...operation,
    id: 'o-2',
    kind: 'update',
    changes: [
      { path: '/text', action: 'set', value: null, base: false },
      { path: '/text~1', action: 'set', value: 'x'.repeat(2000), baseHash: 'h-1' },
      { path: '/count', action: 'increment', value: -1.5 },
      { path: '/tags', action: 'add', value: ['a', { b: 1 }] },
      { path: '/tags', action: 'remove', value: [] },
      { path: '/more', action: 'merge', value: { a: null } },
      { path: '/gone', action: 'unset' },
    ],
    clock: { phone: 2, laptop: 7 },
    dependsOn: ['o-1'],
    transaction: { id: 't-1', size: 2 },
    priority: -1.5,
  },
  {
    ...operation,
    id: 'o-3',
    kind: 'delete',
    changes: [{ path: '', action: 'unset', baseHash: 'h-2' }],
    replaces: 'o-0',
    decisions,
    meta: awkward,
  },
];

const results: readonly OperationResult[] = [
  ...(['applied', 'merged', 'superseded', 'duplicate'] as const).map((outcome): OperationResult => ({
    id: `o-${outcome}`,
    status: 'accepted',
    outcome,
    version: 4,
  })),
  { id: 'o-5', status: 'accepted', outcome: 'merged', record: fullRecord, version: 5, decisions },
  { id: 'o-6', status: 'conflict', record, fields: [{ path: '/text' }] },
  {
    id: 'o-7',
    status: 'conflict',
    conflictId: 'c-1',
    record: fullRecord,
    fields: [{ path: '', base: null, local: awkward, remote: 0 }],
  },
  { id: 'o-8', status: 'rejected', code: 'forbidden', message: '' },
  { id: 'o-9', status: 'rejected', code: 'validation', message: 'no', details: awkward },
  { id: 'o-10', status: 'retry', code: 'busy' },
  { id: 'o-11', status: 'retry', code: 'busy', afterMs: 0 },
  { id: 'o-12', status: 'blocked', by: 'o-7' },
];

const place = { entity: 'note', id: 'n1', version: 6, clock: { phone: 3 }, stamp };

const changes: readonly RecordChange[] = [
  { kind: 'put', record },
  { kind: 'put', record: fullRecord },
  { kind: 'patch', ...place, set: [], unset: [] },
  {
    kind: 'patch',
    ...place,
    set: [{ path: '/text', value: awkward }],
    unset: ['/gone', '/a~1b'],
    stamps: { '/text': stamp },
    decisions,
  },
  { kind: 'delete', ...place },
  { kind: 'remove', entity: 'note', id: 'n1' },
];

const envelope = { serverTime: 1_800_000_000_000, epoch: 'epoch-1' };

export const pushExchanges: readonly (readonly [PushRequest, PushAnswer])[] = [
  [
    { replica: 'phone', operations: [] },
    { ...envelope, results: [] },
  ],
  [
    { replica: 'phone', space: 'Ada’s 😀', cursor: 'c-1', operations },
    { ...envelope, results, cursor: 'c-2' },
  ],
];

const page: PullAnswer = { ...envelope, changes: [], cursor: '', more: false };

export const pullExchanges: readonly (readonly [PullRequest, PullAnswer])[] = [
  [{ replica: 'phone', limit: 1 }, page],
  [
    { replica: 'phone', space: 's', cursor: 'ä'.repeat(100), entities: ['note', 'task'], limit: 5000 },
    { ...page, changes, cursor: 'c-3', more: 7 },
  ],
  [
    { replica: 'phone', cursor: '', entities: [], limit: 10 },
    { ...page, more: 'unknown', reset: true },
  ],
];

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
const proto: unknown = JSON.parse('{"__proto__":{"admin":true}}');

/** What no server of this protocol says. */
export const malformed: Readonly<Record<'push' | 'pull', readonly unknown[]>> = {
  push: [
    null,
    7,
    'accepted',
    [],
    {},
    { ...envelope },
    { ...envelope, results: {} },
    { ...envelope, epoch: 1, results: [] },
    { ...envelope, results: [null] },
    { ...envelope, results: [{ id: 'o-1', status: 'perhaps' }] },
    { ...envelope, results: [{ id: 'o-1', status: 'accepted', outcome: 'applied', version: -1 }] },
    { ...envelope, results: [{ id: 'o-1', status: 'conflict', fields: [] }] },
    { ...envelope, results: [{ id: 'o-1', status: 'rejected', code: 'x', message: '', details: proto }] },
    {
      ...envelope,
      results: [{ id: 'o-1', status: 'rejected', code: 'x', message: '', details: nested(100) }],
    },
  ],
  pull: [
    null,
    7,
    '',
    [],
    {},
    { ...envelope },
    { ...page, serverTime: 'now' },
    { ...page, cursor: 1 },
    { ...page, more: -1 },
    { ...page, changes: [{ kind: 'perhaps', record }] },
    { ...page, changes: [{ kind: 'put', record: { ...record, version: '3' } }] },
    { ...page, changes: [{ kind: 'put', record: { ...record, data: proto } }] },
    { ...page, changes: [{ kind: 'put', record: { ...record, data: nested(100) } }] },
    { ...page, changes: [{ kind: 'patch', ...place, set: [], unset: ['/constructor/prototype'] }] },
  ],
};
