import { areEqual } from './journal.js';
import { queueOf } from './queue.js';
import type { Device } from './device.js';
import { h, plural, setText } from './dom.js';
import { fill, press, pause } from './hand.js';
import type { Panel } from './panel.js';

interface Part {
  readonly minutes: number;
  readonly note: string;
  readonly tag: string;
  readonly status: string;
  readonly tempo: number;
}

/** What is done on the two devices, offline, to the same piece. `minutes` and `tempo` are added to what is there. */
const parts: readonly (readonly [Part, Part])[] = [
  [
    {
      minutes: 20,
      note: 'Left hand alone, bars 1 to 16.',
      tag: 'slow practice',
      status: 'learning',
      tempo: 6,
    },
    { minutes: 15, note: 'With the metronome, twice through.', tag: 'metronome', status: 'ready', tempo: 12 },
  ],
  [
    { minutes: 30, note: 'Pedal changes marked in the score.', tag: 'pedal', status: 'learning', tempo: 4 },
    { minutes: 10, note: 'By heart up to the reprise.', tag: 'by heart', status: 'ready', tempo: 10 },
  ],
];

const favourites = [
  'beethoven-op-27-no-2',
  'debussy-suite-bergamasque-no-3',
  'bach-bwv-846',
  'chopin-op-28-no-15',
  'schubert-d-960',
];
const usualTempo = 54;

const steps = [
  { title: 'Go offline', text: 'Pull the plug on both devices.', verb: 'Unplug both' },
  {
    title: 'Edit the same piece',
    text: 'Five fields on each, none knowing of the other.',
    verb: 'Edit on both',
  },
  { title: 'Reconnect', text: 'Minutes, notes, tags and status merge by rule.', verb: 'Plug in again' },
  { title: 'Decide', text: 'Two tempos: no rule may choose. You do.', verb: 'Settle in the middle' },
];

export interface Story {
  readonly element: HTMLElement;
}

/** The guided story. Its buttons do by hand, in the page itself, what a visitor could do. */
export function createStory(panels: readonly [Panel, Panel]): Story {
  const [first, second] = panels.map(({ device }) => device) as [Device, Device];
  const told = h('p', { class: 'told', role: 'status' });
  const buttons = steps.map(({ verb }, at) =>
    h('button', { type: 'button', 'data-step': at + 1, onclick: () => void play(at) }, verb),
  );
  const items = steps.map(({ title, text }, at) =>
    h('li', { 'data-number': at + 1 }, h('h3', {}, title), h('p', {}, text), buttons[at]),
  );
  const again = h(
    'button',
    { type: 'button', 'data-do': 'again', onclick: () => void restart() },
    'Again, with another piece',
  );
  let next = 0;
  let isPlaying = false;

  async function play(at: number): Promise<void> {
    isPlaying = true;
    refresh();
    try {
      await acts[at]?.();
    } finally {
      isPlaying = false;
      refresh();
    }
  }
  const acts = [
    async () => {
      for (const panel of panels) await switchTo(panel, false);
    },
    async () => {
      const round = rounds();
      const [mine, yours] = parts[round % parts.length] ?? [];
      const id = pieceOf(first, round);
      if (id === undefined || mine === undefined || yours === undefined) return;
      await edit(panels[0], id, mine);
      await edit(panels[1], id, yours);
      for (const panel of panels) panel.rewind();
    },
    async () => {
      for (const panel of panels) {
        await switchTo(panel, true);
        await sent(panel.device);
        await pause();
      }
      for (const panel of panels) panel.rewind();
    },
    async () => {
      for (const { element } of panels) await press(element.querySelector('[data-do=use-merged]'));
    },
  ];

  /** Where the story stands follows from what is there, whoever did it. */
  function refresh(): void {
    const isOffline = [first, second].every((device) => !device.isPluggedIn());
    const isOnline = [first, second].every((device) => device.isPluggedIn());
    const open = [first, second].reduce((sum, { client }) => sum + client.status().conflicts, 0);
    const waiting = [first, second].map((device) => queueOf(device).length);
    if (next === 0 && isOffline) next = 1;
    if (next <= 1 && isOffline && sharedPiece(first, second) !== undefined && !isPlaying) next = 2;
    if (next <= 2 && isOnline && open > 0) next = 3;
    const isQuiet = isOnline && waiting.every((n) => n === 0);
    if ((next === 2 || next === 3) && isQuiet && areEqual([first, second])) next = 4;
    items.forEach((item, at) => {
      item.className = at < next ? 'done' : at === next ? 'next' : '';
      const button = buttons[at];
      if (button !== undefined) button.disabled = at !== next || isPlaying || first.rows().length === 0;
    });
    again.hidden = next < steps.length;
    setText(told, tell(waiting));
  }
  function tell([a = 0, b = 0]: readonly number[]): string {
    const title = titleOf(first, sharedPiece(first, second));
    if (first.rows().length === 0) return 'Both devices are getting the pieces from the server.';
    return (
      [
        'Both devices are online. Each has a store of its own in this browser.',
        'Both are offline. Whatever is written now is kept on the device that wrote it.',
        `${first.name} keeps ${plural(a, 'edit')} and ${second.name} ${b}${title}. Nobody else knows of them yet.`,
        'All but the tempo is merged: the margin of each field says how, and why. The tempo waits for you.',
        'Both devices and the server agree again, and every value can say where it came from.',
      ][next] ?? ''
    );
  }
  async function restart(): Promise<void> {
    localStorage.setItem('practice-log:round', String(rounds() + 1));
    next = 0;
    for (const panel of panels) panel.show('pieces');
    refresh();
    await pause(0);
  }
  for (const device of [first, second]) device.subscribe(refresh);
  refresh();
  return {
    element: h(
      'section',
      { class: 'story', 'aria-label': 'A story in four steps' },
      h('ol', {}, ...items),
      h('div', { class: 'told-line' }, told, again),
    ),
  };
}

function rounds(): number {
  return Number(localStorage.getItem('practice-log:round') ?? '0');
}

/** A favourite of the catalogue, another one each time; any piece where there are none of them. */
function pieceOf(device: Device, round: number): string | undefined {
  const wanted = favourites[round % favourites.length] ?? '';
  const rows = device.rows();
  return (rows.find(({ id }) => id.includes(wanted)) ?? rows[round % rows.length])?.id;
}

/** A piece that both devices have edited and not sent. */
function sharedPiece(a: Device, b: Device): string | undefined {
  const there = new Set(queueOf(b).map(({ operation }) => operation.entityId));
  return queueOf(a).find(({ operation }) => there.has(operation.entityId))?.operation.entityId;
}

function titleOf(device: Device, id: string | undefined): string {
  const title = device.rows().find((row) => row.id === id)?.title;
  return title === undefined ? '' : ` on ${title}`;
}

async function switchTo({ device, element }: Panel, isIn: boolean): Promise<void> {
  if (device.isPluggedIn() !== isIn) await press(element.querySelector('[data-do=online]'));
}

/** Resolves once nothing waits to be sent, or after some seconds: the server may be down. */
async function sent({ client }: Device): Promise<void> {
  for (let waits = 0; client.status().pending > 0 && waits < 50; waits++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Finds the piece in the list, opens it, and fills in one field after the other. */
async function edit(panel: Panel, id: string, part: Part): Promise<void> {
  const { device, element } = panel;
  panel.show('pieces');
  const present = device.rows().find((row) => row.id === id);
  if (present === undefined) return;
  const search = element.querySelector<HTMLInputElement>('[data-do=search]');
  await fill(search, `${present.title} ${present.opus}`);
  await press(element.querySelector(`.row[data-piece="${CSS.escape(id)}"] .row-open`));
  await fill(search, '');
  const input = (name: string) =>
    element.querySelector<HTMLInputElement>(`[data-field=${name}] :is(input, select, textarea)`);
  await fill(input('minutes'), String(present.minutes + part.minutes));
  await fill(input('notes'), [present.notes, part.note].filter((line) => line !== '').join('\n'));
  await fill(input('tags'), part.tag);
  await fill(input('status'), part.status);
  await fill(input('tempo'), String(Math.min(400, (present.tempo ?? usualTempo) + part.tempo)));
}
