import type { OperationResult } from 'syncline';
import type { Traffic } from '../cable.js';
import { differences, sideOfClient } from '../compare.js';
import { piece } from '../piece.js';
import { labelOf, noteOf, type NameOf } from '../sentences.js';
import { complaintOf, pullAsNewcomer, type Device } from './device.js';
import { h, plural, setText } from './dom.js';

const entriesMax = 40;

/** The server between the devices: whether all is equal, and what went back and forth. */
export interface Journal {
  readonly element: HTMLElement;
  /** Notes what went over a device's cable. */
  note(name: string, traffic: Traffic, nameOf: NameOf): void;
  say(name: string, text: string): void;
  /** Compares these devices from now on. */
  follow(devices: readonly Device[]): void;
}

export function createJournal(): Journal {
  const equality = h('p', { class: 'equality', role: 'status' }, 'Opening two devices…');
  const verdict = h('p', { class: 'verdict', role: 'status' });
  const ask = h(
    'button',
    { type: 'button', 'data-do': 'newcomer', disabled: true },
    'Ask a brand-new device',
  );
  const entries = h('ol', { class: 'entries' });
  const empty = h('li', { class: 'empty' }, 'What is sent and received shows here.');
  entries.append(empty);

  function say(name: string, text: string, notes: readonly HTMLElement[] = []): void {
    empty.remove();
    const time = new Date().toLocaleTimeString('en-GB');
    entries.prepend(
      h(
        'li',
        {},
        h('p', {}, h('span', { class: 'who', 'data-who': name }, name), ` ${text}`, h('time', {}, time)),
        ...notes,
      ),
    );
    while (entries.children.length > entriesMax) entries.lastElementChild?.remove();
  }
  return {
    element: h(
      'section',
      { class: 'server', 'aria-label': 'Server' },
      h('header', {}, h('h2', {}, 'Server'), h('p', { class: 'byline' }, 'SQLite, on this machine')),
      equality,
      ask,
      verdict,
      h('h3', {}, 'What happened'),
      entries,
    ),
    say,
    note(name, traffic, nameOf) {
      const news = traffic.kind === 'pull' ? newsOfPull(traffic) : newsOfPush(traffic, nameOf);
      if (news !== undefined) say(name, news.text, news.notes);
    },
    follow(devices) {
      const compare = createEquality(devices, equality);
      for (const device of devices) device.subscribe(compare);
      compare();
      ask.disabled = false;
      ask.addEventListener('click', () => {
        void askNewcomer(devices)
          .catch((error: unknown) => ({ tone: 'unequal', text: complaintOf(error) }))
          .then(({ tone, text }) => {
            verdict.className = `verdict ${tone}`;
            setText(verdict, text);
          });
      });
    },
  };
}

interface News {
  readonly text: string;
  readonly notes?: readonly HTMLElement[];
}

function newsOfPull({ answer }: Traffic & { kind: 'pull' }): News | undefined {
  const { length } = answer.changes.filter(
    (change) => (change.kind === 'put' ? change.record.entity : change.entity) === piece.name,
  );
  return length === 0 ? undefined : { text: `received ${plural(length, 'piece')}.` };
}

function newsOfPush({ request, answer }: Traffic & { kind: 'push' }, nameOf: NameOf): News | undefined {
  const sent = new Set(request.operations.filter(({ entity }) => entity === piece.name).map(({ id }) => id));
  const results = answer.results.filter(({ id }) => sent.has(id));
  if (results.length === 0) return undefined;
  const decisions = results.flatMap((result) =>
    result.status === 'accepted' ? (result.decisions ?? []) : [],
  );
  return {
    text: `sent ${plural(results.length, 'edit')}: ${countsOf(results)}.`,
    notes: decisions.map((decision) =>
      h('p', { class: 'note' }, h('b', {}, labelOf(decision.path)), ' ', noteOf(decision, nameOf).sentence),
    ),
  };
}

const words: Readonly<Record<string, string>> = {
  applied: 'accepted',
  merged: 'merged',
  superseded: 'outdone',
  duplicate: 'known already',
  conflict: 'for you to decide',
  rejected: 'refused',
  retry: 'put off',
  blocked: 'held back',
};

function countsOf(results: readonly OperationResult[]): string {
  const counts = new Map<string, number>();
  for (const result of results) {
    const outcome = result.status === 'accepted' ? result.outcome : result.status;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return [...counts].map(([outcome, n]) => `${n} ${words[outcome] ?? outcome}`).join(', ');
}

/** Pieces that these devices do not show alike. */
function differingRows(devices: readonly Device[]): number {
  const sides = devices.map((device) => ({
    name: device.name,
    records: new Map(device.rows().map((row) => [row.id, row])),
  }));
  return differences(sides).length;
}

export function areEqual(devices: readonly Device[]): boolean {
  return differingRows(devices) === 0;
}

/** Says whether the devices show the same; looks only where something moved. */
function createEquality(devices: readonly Device[], element: HTMLElement): () => void {
  const names = devices.map(({ name }) => name).join(' and ');
  let seen: readonly unknown[] = [];
  return () => {
    const rows = devices.map((device) => device.rows());
    if (rows.every((each, at) => each === seen[at])) return;
    seen = rows;
    const differing = differingRows(devices);
    element.className = `equality ${differing === 0 ? 'equal' : 'unequal'}`;
    const same = `${names} show the same ${plural(rows[0]?.length ?? 0, 'piece')}.`;
    setText(element, differing === 0 ? same : `${names} differ in ${plural(differing, 'piece')}.`);
  };
}

async function askNewcomer(
  devices: readonly Device[],
): Promise<{ readonly tone: string; readonly text: string }> {
  const sides = await Promise.all(devices.map(({ name, client }) => sideOfClient(name, client)));
  const server = await pullAsNewcomer((client) => sideOfClient('the server', client));
  const pieces = [...server.records.keys()].filter((key) => key.startsWith('piece/')).length;
  const pulled = `It pulled ${plural(pieces, 'piece')} and ${plural(server.records.size - pieces, 'device name')}`;
  const apart = sides.filter((side) => differences([side, server]).length > 0).map(({ name }) => name);
  return apart.length === 0
    ? { tone: 'equal', text: `${pulled}: all three are equal.` }
    : {
        tone: 'unequal',
        text: `${pulled}; ${apart.join(' and ')} ${apart.length === 1 ? 'holds' : 'hold'} something else.`,
      };
}
