import type { Decision, OutboxEntry } from 'syncline';
import { describe, expect, it } from 'vitest';
import { changesOf, noteOf, standingOf } from '../../../examples/practice-log/sentences.js';

const nameOf = (replica: string) => (replica === 'l' ? 'Laptop' : 'Phone');

function decision(parts: Partial<Decision> & Pick<Decision, 'path' | 'rule'>): Decision {
  return {
    operationId: 'o',
    replica: 'l',
    remoteReplica: 'p',
    winner: 'both',
    why: 'as the rule says',
    ...parts,
  };
}

describe('noteOf', () => {
  it.each<[string, Decision, string, string | undefined]>([
    [
      'sum',
      decision({ path: '/minutes', rule: 'sum', base: 10, local: 25, remote: 30, result: 45 }),
      'Both count: 10 + 20 from Phone + 15 from Laptop make 45.',
      undefined,
    ],
    [
      'sum downwards',
      decision({ path: '/minutes', rule: 'sum', base: 10, local: 4, remote: 30, result: 24 }),
      'Both count: 10 + 20 from Phone − 6 from Laptop make 24.',
      undefined,
    ],
    [
      'concat',
      decision({ path: '/notes', rule: 'concat', base: 'a', local: 'a\nb', remote: 'a\nc' }),
      'Both texts are kept: “b” from Laptop comes after what Phone wrote.',
      undefined,
    ],
    [
      'concat over a rewrite',
      decision({ path: '/notes', rule: 'concat', base: 'a', local: 'z', remote: 'a\nc' }),
      'Both texts are kept: Laptop rewrote it, and what Phone added follows.',
      undefined,
    ],
    [
      'concat of two rewrites',
      decision({ path: '/notes', rule: 'concat', base: 'a', local: 'z', remote: 'y' }),
      'Both rewrote the text. Both versions are kept, the one from Phone first.',
      undefined,
    ],
    [
      'union',
      decision({
        path: '/tags',
        rule: 'union',
        base: ['a', 'b'],
        local: ['a', 'c'],
        remote: ['a', 'b', 'd'],
      }),
      'Both count: d from Phone; c from Laptop; without b as Laptop wished.',
      undefined,
    ],
    [
      'latest, won',
      decision({ path: '/status', rule: 'latest', winner: 'local', local: 'ready', remote: 'learning' }),
      'Laptop wrote later, so “ready” replaced “learning” from Phone.',
      '“learning”',
    ],
    [
      'latest, lost',
      decision({ path: '/status', rule: 'latest', winner: 'remote', local: 'ready', remote: 'learning' }),
      'Phone wrote “learning” later than Laptop wrote “ready”, so it stays.',
      '“ready”',
    ],
    [
      'a choice',
      decision({ path: '/tempo', rule: 'person', winner: 'remote', local: 72, remote: 60, result: 60 }),
      'Decided by hand on Laptop: 60, not 72.',
      '72',
    ],
    [
      'a new value',
      decision({ path: '/tempo', rule: 'person', local: 72, remote: 60, result: 66 }),
      'Decided by hand on Laptop: 66, in place of 72 and 60.',
      '72, 60',
    ],
    [
      'a revival',
      decision({ path: '', rule: 'deletes:update-wins', winner: 'local', local: {} }),
      'Phone had deleted it; a change by Laptop brought it back.',
      undefined,
    ],
    [
      'a deletion that lost',
      decision({ path: '', rule: 'deletes:update-wins', winner: 'remote', remote: {} }),
      'Laptop deleted it, but Phone had changed it: the change wins.',
      undefined,
    ],
    [
      'a rule of one’s own',
      decision({ path: '/key', rule: 'mine', winner: 'local', local: 'x', remote: 'y' }),
      'as the rule says',
      '“y”',
    ],
  ])('%s', (_, given, sentence, lost) => {
    expect(noteOf(given, nameOf)).toEqual({
      rule: given.rule,
      sentence,
      ...(lost === undefined ? {} : { lost }),
    });
  });
});

function entry(parts: Partial<OutboxEntry>, operation: Partial<OutboxEntry['operation']> = {}): OutboxEntry {
  const whole = {
    id: 'o',
    entity: 'piece',
    entityId: 'p',
    kind: 'update',
    changes: [],
    clock: {},
    stamp: 's',
    schemaVersion: 1,
  } as const;
  return {
    operation: { ...whole, ...operation },
    state: 'pending',
    order: 1,
    enqueuedAt: 0,
    attempts: 0,
    ...parts,
  };
}

describe('changesOf', () => {
  it.each<[string, Partial<OutboxEntry['operation']>, string[]]>([
    [
      'a number',
      { changes: [{ path: '/minutes', action: 'set', base: 10, value: 25 }] },
      ['Minutes 10 → 25'],
    ],
    ['a first value', { changes: [{ path: '/tempo', action: 'set', base: null, value: 60 }] }, ['Tempo 60']],
    [
      'a text that grew',
      { changes: [{ path: '/notes', action: 'set', base: 'a', value: 'a\nb' }] },
      ['Notes + “b”'],
    ],
    [
      'tags',
      { changes: [{ path: '/tags', action: 'set', base: ['a', 'b'], value: ['b', 'c'] }] },
      ['Tags + c, − a'],
    ],
    ['an increment', { changes: [{ path: '/minutes', action: 'increment', value: 5 }] }, ['Minutes + 5']],
    ['a new piece', { kind: 'create' }, ['Added']],
    ['a deletion', { kind: 'delete' }, ['Deleted']],
  ])('%s', (_, operation, expected) => {
    expect(changesOf(entry({}, operation))).toEqual(expected);
  });
});

describe('standingOf', () => {
  it.each<[Partial<OutboxEntry>, string]>([
    [{}, 'waits to be sent'],
    [{ attempts: 2, error: { code: 'x', message: 'busy' } }, 'put off 2 times: busy'],
    [{ state: 'accepted' }, 'accepted; the result is on its way'],
    [{ state: 'contested' }, 'met a newer value; being merged'],
    [{ state: 'conflict' }, 'waits for your decision'],
    [{ state: 'dead', error: { code: 'x', message: 'too large' } }, 'refused: too large'],
  ])('%j', (parts, expected) => {
    expect(standingOf(entry(parts))).toBe(expected);
  });
});
