import type { Json } from '../contracts/json.js';
import type { FieldRule } from '../contracts/resolver.js';
import { canonicalJson, equalJson } from '../diff/canonical.js';
import { isJsonArray } from '../diff/shape.js';
import { leave, take } from './verdict.js';

/**
 * Arrays as sets: what either side added is in, what either side removed is out.
 *
 * Members are the same when they are equal JSON; an absent value counts as an empty array, and other types conflict.
 * The order is that of the remote side, then the local additions, which is why the rule is commutative for sets but
 * not for arrays.
 */
export function union(): FieldRule {
  return {
    name: 'union',
    laws: { commutative: false, associative: true, idempotent: true },
    needsBase: true,
    decide(field) {
      if (equalJson(field.local, field.remote)) return take(field, field.remote, 'Both sides are equal.');
      const { base = [], local = [], remote = [] } = field;
      if (!isJsonArray(base) || !isJsonArray(local) || !isJsonArray(remote))
        return leave('Only arrays can be united.');
      return take(
        field,
        unite(base, local, remote),
        'The additions and removals of both sides were applied.',
      );
    },
  };
}

function unite(base: readonly Json[], local: readonly Json[], remote: readonly Json[]): Json {
  const inBase = byText(base);
  const inLocal = byText(local);
  const inRemote = byText(remote);
  const united: Json[] = [];
  for (const [text, member] of inRemote) if (inLocal.has(text) || !inBase.has(text)) united.push(member);
  for (const [text, member] of inLocal) if (!inRemote.has(text) && !inBase.has(text)) united.push(member);
  return united;
}

function byText(members: readonly Json[]): Map<string, Json> {
  return new Map(members.map((member) => [canonicalJson(member), member]));
}
