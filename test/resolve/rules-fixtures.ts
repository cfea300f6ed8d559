import { expect } from 'vitest';
import type { Json } from '../../src/contracts/json.js';
import type { FieldContext, FieldRule, FieldVerdict } from '../../src/contracts/resolver.js';

export const earlier = '000000000001-0000-a';
export const later = '000000000002-0000-b';

/** A value of one side, `undefined` for none, and when it was written. */
export interface Side {
  readonly value: Json | undefined;
  readonly stamp: string;
}

export function field(base: Json | undefined, local: Side, remote: Side): FieldContext {
  return {
    path: '/f',
    entity: 'thing',
    entityId: '1',
    localStamp: local.stamp,
    remoteStamp: remote.stamp,
    ...(base === undefined ? {} : { base }),
    ...(local.value === undefined ? {} : { local: local.value }),
    ...(remote.value === undefined ? {} : { remote: remote.value }),
  };
}

/** What the rule says about three values; the local side is the earlier one. */
export function decide(
  rule: FieldRule,
  base: Json | undefined,
  local: Json | undefined,
  remote: Json | undefined,
): FieldVerdict {
  return rule.decide(field(base, { value: local, stamp: earlier }, { value: remote, stamp: later }));
}

/** The value that comes out of it; fails where a person has to decide. */
export function merged(
  rule: FieldRule,
  base: Json | undefined,
  local: Json | undefined,
  remote: Json | undefined,
): Json | undefined {
  const verdict = decide(rule, base, local, remote);
  expect(verdict).not.toHaveProperty('conflict');
  return 'value' in verdict ? verdict.value : undefined;
}
