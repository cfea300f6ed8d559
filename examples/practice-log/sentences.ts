import type { Decision, FieldChange, Json, OutboxEntry } from 'syncline';

/** A replica's name, as people call the device. */
export type NameOf = (replica: string) => string;

/** What a rule did with one field, for people: why the value is as it is, and what had to give way. */
export interface MergeNote {
  readonly rule: string;
  readonly sentence: string;
  readonly lost?: string;
}

const labels: Readonly<Record<string, string>> = { '': 'Piece', '/opus': 'Opus', '/year': 'Year' };

/** `/tempo` as `Tempo`. */
export function labelOf(path: string): string {
  return labels[path] ?? path.slice(1, 2).toUpperCase() + path.slice(2);
}

/** A value in running text. */
export function shown(value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return 'nothing';
  if (Array.isArray(value))
    return value.length === 0 ? 'nothing' : value.map((each) => shown(each as Json)).join(', ');
  if (typeof value === 'string') return `“${shortened(value.replaceAll(/\s*\n\s*/g, ' / '))}”`;
  return typeof value === 'object' ? 'the piece' : String(value);
}

/** Explains one decision between two devices. */
export function noteOf(decision: Decision, nameOf: NameOf): MergeNote {
  const { rule, winner, local, remote, result, why } = decision;
  const sides = {
    author: nameOf(decision.replica),
    other: decision.remoteReplica === undefined ? 'the server' : nameOf(decision.remoteReplica),
  };
  const loser = winner === 'local' ? remote : local;
  switch (rule) {
    case 'sum':
      return { rule, sentence: sumSentence(decision, sides) };
    case 'concat':
      return { rule, sentence: concatSentence(decision, sides) };
    case 'union':
      return { rule, sentence: unionSentence(decision, sides) };
    case 'latest':
      return { rule, sentence: latestSentence(decision, sides), lost: shown(loser) };
    case 'person':
      return winner === 'both'
        ? {
            rule,
            sentence: `Decided by hand on ${sides.author}: ${shown(result)}, in place of ${shown(local)} and ${shown(remote)}.`,
            lost: `${shown(local)}, ${shown(remote)}`,
          }
        : {
            rule,
            sentence: `Decided by hand on ${sides.author}: ${shown(result)}, not ${shown(loser)}.`,
            lost: shown(loser),
          };
  }
  if (rule.startsWith('deletes:')) return { rule, sentence: deletionSentence(decision, sides) };
  return { rule, sentence: why, ...(winner === 'both' ? {} : { lost: shown(loser) }) };
}

/** Who wrote what arrived, and who what was there. */
interface Sides {
  readonly author: string;
  readonly other: string;
}

function sumSentence({ base, local, remote, result }: Decision, { author, other }: Sides): string {
  const start = numberOf(base);
  const [here, there] = [numberOf(local) - start, numberOf(remote) - start];
  return `Both count: ${start} ${signed(there)} from ${other} ${signed(here)} from ${author} make ${shown(result)}.`;
}

function concatSentence({ base, local, remote }: Decision, { author, other }: Sides): string {
  const [before = '', here = '', there = ''] = [base, local, remote].map((value) =>
    typeof value === 'string' ? value : '',
  );
  if (here.startsWith(before)) {
    return `Both texts are kept: ${shown(here.slice(before.length).trim())} from ${author} comes after what ${other} wrote.`;
  }
  if (there.startsWith(before))
    return `Both texts are kept: ${author} rewrote it, and what ${other} added follows.`;
  return `Both rewrote the text. Both versions are kept, the one from ${other} first.`;
}

function unionSentence({ base, local, remote }: Decision, { author, other }: Sides): string {
  const before = membersOf(base);
  const parts = (
    [
      [other, membersOf(remote)],
      [author, membersOf(local)],
    ] as const
  ).flatMap(([who, now]) => {
    const added = now.filter((tag) => !before.includes(tag));
    const removed = before.filter((tag) => !now.includes(tag));
    return [
      ...(added.length === 0 ? [] : [`${added.join(', ')} from ${who}`]),
      ...(removed.length === 0 ? [] : [`without ${removed.join(', ')} as ${who} wished`]),
    ];
  });
  return `Both count: ${parts.join('; ')}.`;
}

function latestSentence({ winner, local, remote }: Decision, { author, other }: Sides): string {
  return winner === 'local'
    ? `${author} wrote later, so ${shown(local)} replaced ${shown(remote)} from ${other}.`
    : `${other} wrote ${shown(remote)} later than ${author} wrote ${shown(local)}, so it stays.`;
}

function deletionSentence({ winner, local, path }: Decision, { author, other }: Sides): string {
  if (path !== '') return `${other} deleted the piece, so ${shown(local)} from ${author} did not count.`;
  if (local !== undefined) return `${other} had deleted it; a change by ${author} brought it back.`;
  return winner === 'local'
    ? `${author} deleted it.`
    : `${author} deleted it, but ${other} had changed it: the change wins.`;
}

/** What an operation that waits is about: `Minutes 10 → 25`. */
export function changesOf({ operation }: Pick<OutboxEntry, 'operation'>): string[] {
  if (operation.kind === 'create') return ['Added'];
  if (operation.kind === 'delete') return ['Deleted'];
  return operation.changes.map(changeSentence);
}

function changeSentence({ path, action, value, base }: FieldChange): string {
  const label = labelOf(path);
  if (action === 'increment') return `${label} ${signed(numberOf(value))}`;
  if (Array.isArray(value)) {
    const [before, now] = [membersOf(base), membersOf(value)];
    const added = now.filter((tag) => !before.includes(tag)).map((tag) => `+ ${tag}`);
    const removed = before.filter((tag) => !now.includes(tag)).map((tag) => `− ${tag}`);
    return `${label} ${[...added, ...removed].join(', ')}`;
  }
  if (typeof value === 'string' && typeof base === 'string' && base !== '' && value.startsWith(base)) {
    return `${label} + ${shown(value.slice(base.length).trim())}`;
  }
  return base === undefined || base === null || base === ''
    ? `${label} ${shown(value)}`
    : `${label} ${shown(base)} → ${shown(value)}`;
}

/** Where an operation stands, in a few words. */
export function standingOf({ state, attempts, error }: OutboxEntry): string {
  switch (state) {
    case 'pending':
      return attempts === 0 ? 'waits to be sent' : `put off ${attempts} times: ${error?.message ?? ''}`;
    case 'accepted':
      return 'accepted; the result is on its way';
    case 'contested':
      return 'met a newer value; being merged';
    case 'conflict':
      return 'waits for your decision';
    case 'dead':
      return `refused: ${error?.message ?? 'no reason given'}`;
  }
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 58).trimEnd()}…` : text;
}

function signed(value: number): string {
  return value < 0 ? `− ${-value}` : `+ ${value}`;
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}

function membersOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
