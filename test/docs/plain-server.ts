import type { Operation, OperationResult, PullAnswer, PushAnswer, SyncRecord } from 'syncline';

/**
 * A server written from docs/protocol.md alone, as somebody would in another language: it compares clocks, writes what is
 * not concurrent, and leaves every decision to the clients. Only the types are ours. The numbers are the lines of the
 * page's table of answers.
 */
export function createPlainServer(now: () => number) {
  const records = new Map<string, { readonly record: SyncRecord; readonly seq: number }>();
  const answers = new Map<string, OperationResult>();
  const contested = new Map<
    string,
    { readonly key: string; readonly author: string; readonly counter: number }
  >();
  const envelope = () => ({ serverTime: now(), epoch: 'plain' });
  let seq = 0;

  function take(
    operation: Operation,
    draft: Map<string, SyncRecord>,
    isAccepted: (id: string) => boolean,
  ): OperationResult {
    const { id, entity, entityId, clock, stamp, dependsOn = [] } = operation;
    const key = keyOf(operation);
    const record = draft.get(key) ?? records.get(key)?.record;
    const answered = answers.get(id);
    if (answered?.status === 'accepted') {
      const version = record?.version ?? answered.version;
      return { id, status: 'accepted', outcome: 'duplicate', version, ...(record && { record }) }; // 2
    }
    if (answered !== undefined)
      return answered.status === 'conflict' && record ? { ...answered, record } : answered; // 2
    const unmet = dependsOn.find((needed) => !isAccepted(needed));
    if (unmet !== undefined) return { id, status: 'blocked', by: unmet }; // 4
    const author = stamp.slice(18);
    const counter = clock[author] ?? 0;
    if (record !== undefined && (record.clock[author] ?? 0) >= counter) {
      return operation.replaces !== undefined && answers.get(operation.replaces)?.status === 'conflict'
        ? { id, status: 'accepted', outcome: 'superseded', version: record.version, record } // 7
        : { id, status: 'rejected', code: 'identity-lost', message: `${author} counted this far` }; // 8
    }
    if (record === undefined && operation.kind === 'update')
      return { id, status: 'rejected', code: 'not-found', message: 'no such record' }; // 9
    if (
      record !== undefined &&
      Object.entries(record.clock).some(([replica, count]) => count > (clock[replica] ?? 0))
    ) {
      contested.set(id, { key, author, counter });
      return { id, status: 'conflict', record: records.get(key)?.record ?? record, fields: [] }; // 12
    }
    const isRevived =
      operation.decisions?.some(({ path, winner }) => path === '' && winner !== 'remote') === true;
    if (record?.deleted && operation.kind === 'update' && !isRevived)
      return { id, status: 'rejected', code: 'not-found', message: 'it was deleted' }; // 10
    const empty = { entity, id: entityId, data: {}, clock: {}, version: 0, stamp };
    const written = writeOver(record ?? empty, operation, author, counter); // 11
    draft.set(key, written);
    return {
      id,
      status: 'accepted',
      outcome: 'applied',
      version: written.version,
      ...(record?.deleted && { record: written }),
    };
  }

  function isCarriedOn(id: string): boolean {
    const { key, author, counter } = contested.get(id) ?? {};
    return counter !== undefined && (records.get(key!)?.record.clock[author!] ?? 0) >= counter;
  }

  function push({ operations }: { readonly operations: readonly Operation[] }): PushAnswer {
    const results = new Map<string, OperationResult>();
    const stopped = new Map<string, string>();
    const before = seq++;
    for (const group of groupsOf(operations)) {
      const draft = new Map<string, SyncRecord>();
      const own = new Map<string, OperationResult>();
      const isAccepted = (id: string) =>
        (own.get(id) ?? results.get(id) ?? answers.get(id))?.status === 'accepted' || isCarriedOn(id);
      for (const operation of group) {
        const by = answers.has(operation.id) ? undefined : stopped.get(keyOf(operation));
        const within = (id: string) => isAccepted(id) || group.some((member) => member.id === id);
        const result: OperationResult =
          by === undefined ? take(operation, draft, within) : { id: operation.id, status: 'blocked', by };
        own.set(operation.id, result);
        if (result.status !== 'accepted') break;
      }
      const culprit = [...own.values()].find(({ status }) => status !== 'accepted');
      if (culprit !== undefined) {
        for (const member of group) {
          stopped.set(keyOf(member), culprit.id);
          own.set(
            member.id,
            member.id === culprit.id ? culprit : { id: member.id, status: 'blocked', by: culprit.id },
          );
        }
      } else for (const [key, record] of draft) records.set(key, { record, seq });
      for (const [id, result] of own) {
        results.set(id, result);
        const isKept =
          result.status !== 'blocked' && !(result.status === 'rejected' && result.code === 'identity-lost');
        if (isKept && !answers.has(id)) answers.set(id, result);
      }
    }
    if (![...records.values()].some((row) => row.seq === seq)) seq = before;
    return { ...envelope(), results: operations.map(({ id }) => results.get(id)!) };
  }

  function pull({ cursor, limit }: { readonly cursor?: string; readonly limit: number }): PullAnswer {
    const changed = [...records.values()]
      .filter((row) => row.seq > Number(cursor ?? 0))
      .sort((a, b) => a.seq - b.seq);
    const last = changed[Math.min(limit, changed.length) - 1]?.seq ?? seq;
    const page = changed.filter((row) => row.seq <= last);
    return {
      ...envelope(),
      changes: page.map(({ record }) => {
        const { entity, id, version, clock, stamp } = record;
        return record.deleted
          ? { kind: 'delete', entity, id, version, clock, stamp }
          : { kind: 'put', record };
      }),
      cursor: String(last),
      more: changed.length > page.length && changed.length - page.length,
    };
  }

  return { push, pull, records: () => [...records.values()].map(({ record }) => record) };
}

function keyOf({ entity, entityId }: Operation): string {
  return `${entity}/${entityId}`;
}

/** Operations that share one fate: those of one transaction, or one alone. */
function groupsOf(operations: readonly Operation[]): Operation[][] {
  const groups: Operation[][] = [];
  for (const operation of operations) {
    const last = groups.at(-1);
    const mark = operation.transaction?.id;
    if (mark !== undefined && last?.[0]?.transaction?.id === mark) last.push(operation);
    else groups.push([operation]);
  }
  return groups;
}

type Json = SyncRecord['data'][string];
type Draft = Record<string, Json>;

function writeOver(record: SyncRecord, operation: Operation, author: string, counter: number): SyncRecord {
  const changes = operation.kind === 'delete' ? [] : operation.changes;
  const paths = changes.map(({ path }) => path);
  const { decisions: kept = [], stamps, deleted: _, ...rest } = record;
  const touched = [...paths, ...(operation.decisions ?? []).map(({ path }) => path)];
  const decisions = [
    ...kept.filter(({ path }) => !touched.some((other) => contains(other, path) || contains(path, other))),
    ...(operation.decisions ?? []),
  ];
  const isNew = Object.keys(record.clock).length === 0;
  const raised = isNew ? stamps : raise({ ...(stamps ?? { '': record.stamp }) }, paths, operation.stamp);
  return {
    ...rest,
    data: changes.reduce<SyncRecord['data']>(applied, record.data),
    version: record.version + 1,
    clock: { ...record.clock, [author]: counter },
    stamp: operation.stamp > record.stamp ? operation.stamp : record.stamp,
    ...(raised && { stamps: raised }),
    ...(operation.kind === 'delete' && { deleted: true as const }),
    ...(decisions.length > 0 && { decisions }),
  };
}

function raise(
  stamps: Record<string, string>,
  paths: readonly string[],
  stamp: string,
): Record<string, string> {
  for (const path of paths) {
    const inherited = (among: readonly string[]) =>
      stamps[among.filter((held) => contains(held, path)).sort((a, b) => b.length - a.length)[0] ?? '']!;
    const below = Object.keys(stamps).filter((held) => contains(path, held));
    const largest = [inherited(Object.keys(stamps)), ...below.map((held) => stamps[held]!), stamp]
      .sort()
      .at(-1)!;
    for (const held of below) delete stamps[held];
    if (path === '' || inherited(Object.keys(stamps)) !== largest) stamps[path] = largest;
  }
  return stamps;
}

function contains(path: string, other: string): boolean {
  return other === path || other.startsWith(`${path}/`);
}

function applied(
  data: SyncRecord['data'],
  { path, action, value = null }: Operation['changes'][number],
): SyncRecord['data'] {
  if (path === '') return action === 'unset' ? {} : (value as SyncRecord['data']);
  const root = structuredClone<Draft>(data);
  const keys = path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = keys.pop()!;
  let parent = root;
  for (const step of keys) {
    const child = parent[step];
    const isObject = typeof child === 'object' && child !== null && !Array.isArray(child);
    if (!isObject && action === 'unset') return data;
    parent = (isObject ? child : (parent[step] = {})) as Draft;
  }
  const present = parent[key];
  const members = (present ?? []) as readonly Json[];
  const given = value as readonly Json[];
  if (action === 'unset') delete parent[key];
  else if (action === 'set') parent[key] = value;
  else if (action === 'increment') parent[key] = ((present ?? 0) as number) + (value as number);
  else if (action === 'add') parent[key] = [...members, ...given.filter((member) => !isIn(members, member))];
  else if (action === 'remove') parent[key] = members.filter((member) => !isIn(given, member));
  else throw new Error(`no client of ours sends '${action}'`);
  return root;
}

/** Good enough for members that are texts and numbers. */
function isIn(members: readonly Json[], member: Json): boolean {
  return members.includes(member);
}
