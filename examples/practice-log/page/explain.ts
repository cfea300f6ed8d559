import type { Explanation } from 'syncline';
import { noteOf, type MergeNote, type NameOf } from '../sentences.js';
import { h, plural, timeOf } from './dom.js';

/** What stands in the margin of a field: who wrote it, when, whether it is synced, and how it was merged. */
export interface Margin {
  readonly who: string;
  readonly at: number;
  readonly state: 'synced' | 'waiting' | 'conflict';
  readonly note?: MergeNote;
}

/** The margins of a record's fields by path. */
export function marginsOf({ fields, pending }: Explanation, nameOf: NameOf): ReadonlyMap<string, Margin> {
  const contested = new Set(
    pending.flatMap(({ conflict }) => conflict?.fields ?? []).map(({ path }) => path),
  );
  return new Map(
    fields.map(({ path, replica, at, synced, decision }) => {
      const state = contested.has(path) ? 'conflict' : synced ? 'synced' : 'waiting';
      const note = decision === undefined ? undefined : noteOf(decision, nameOf);
      const who = note === undefined ? nameOf(replica) : 'merged';
      return [path, { who, at, state, ...(note === undefined ? {} : { note }) }];
    }),
  );
}

export interface Summary {
  readonly tone: 'calm' | 'waiting' | 'merged' | 'conflict';
  readonly sentence: string;
}

/** The whole record in one sentence. */
export function summaryOf({ pending, decisions }: Explanation, nameOf: NameOf): Summary {
  const waiting = pending.filter(({ state }) => state !== 'conflict').length;
  if (waiting < pending.length) {
    const after = waiting === 0 ? '' : ` ${plural(waiting, 'later edit')} will follow.`;
    return {
      tone: 'conflict',
      sentence: `Two devices disagree, and no rule may decide. It is your call.${after}`,
    };
  }
  if (waiting > 0)
    return { tone: 'waiting', sentence: `${plural(waiting, 'edit')} saved here, not with the server yet.` };
  const onRecord = decisions.find(({ path }) => path === '');
  if (onRecord !== undefined) return { tone: 'merged', sentence: noteOf(onRecord, nameOf).sentence };
  if (decisions.length === 0)
    return { tone: 'calm', sentence: 'All that was written here is with the server.' };
  const lost = decisions
    .map((decision) => noteOf(decision, nameOf))
    .filter((note) => note.lost !== undefined).length;
  const cost = lost === 0 ? 'Nothing was lost.' : `${plural(lost, 'value')} gave way; the margin says which.`;
  return {
    tone: 'merged',
    sentence: `${plural(decisions.length, 'field')} edited on two devices, now one. ${cost}`,
  };
}

const states = { synced: 'synced', waiting: 'waiting', conflict: 'your call' } as const;

export function marginElements({ who, at, state, note }: Margin): HTMLElement[] {
  const line = h(
    'p',
    { class: 'margin-line', title: new Date(at).toString() },
    h('span', { class: 'who', 'data-who': who }, who),
    h('span', {}, timeOf(at)),
    h('span', { class: `state ${state}` }, states[state]),
  );
  if (note === undefined) return [line];
  const lost =
    note.lost === undefined ? undefined : h('span', { class: 'lost' }, 'gave way: ', h('s', {}, note.lost));
  return [
    line,
    h(
      'p',
      { class: 'note' },
      note.sentence,
      ' ',
      h('code', { title: 'The rule that decided' }, note.rule),
      ' ',
      lost,
    ),
  ];
}
