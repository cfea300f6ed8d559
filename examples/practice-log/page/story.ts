import { editOnBoth, reconnect, settle, unplug } from './acts.js';
import type { Device } from './device.js';
import { h, plural, setText } from './dom.js';
import { areEqual } from './journal.js';
import type { Panel } from './panel.js';
import { queueOf } from './queue.js';

const roundKey = 'practice-log:round';

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
  const [first, second] = [panels[0].device, panels[1].device];
  const acts = [
    () => unplug(panels),
    () => editOnBoth(panels, rounds()),
    () => reconnect(panels),
    () => settle(panels),
  ];
  const told = h('p', { class: 'told', role: 'status' });
  const buttons = steps.map(({ verb }, at) =>
    h('button', { type: 'button', 'data-step': at + 1, onclick: () => void play(at) }, verb),
  );
  const items = steps.map(({ title, text }, at) =>
    h('li', { 'data-number': at + 1 }, h('h3', {}, title), h('p', {}, text), buttons[at]),
  );
  const again = h(
    'button',
    { type: 'button', 'data-do': 'again', onclick: restart },
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
  function restart(): void {
    localStorage.setItem(roundKey, String(rounds() + 1));
    next = 0;
    for (const panel of panels) panel.show('pieces');
    refresh();
  }
  function refresh(): void {
    next = stepAfter(next, first, second, isPlaying);
    items.forEach((item, at) => (item.className = at < next ? 'done' : at === next ? 'next' : ''));
    buttons.forEach(
      (button, at) => (button.disabled = at !== next || isPlaying || first.rows().length === 0),
    );
    again.hidden = next < steps.length;
    setText(told, tell(next, first, second));
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

/** Where the story stands follows from what is there, whoever did it. */
function stepAfter(step: number, first: Device, second: Device, isPlaying: boolean): number {
  const devices = [first, second];
  const isOffline = devices.every((device) => !device.isPluggedIn());
  if (isOffline && step <= 1) return sharedPiece(first, second) !== undefined && !isPlaying ? 2 : 1;
  if (!devices.every((device) => device.isPluggedIn())) return step;
  if (step <= 2 && devices.some(({ client }) => client.status().conflicts > 0)) return 3;
  if (step === 1) return 0;
  const isQuiet = devices.every((device) => queueOf(device).length === 0);
  return (step === 2 || step === 3) && isQuiet && areEqual(devices) ? steps.length : step;
}

/** What there is to see at a step, in a sentence. */
function tell(step: number, first: Device, second: Device): string {
  if (first.rows().length === 0) return 'Both devices are getting the pieces from the server.';
  const title = titleOf(first, sharedPiece(first, second));
  const [a, b] = [queueOf(first).length, queueOf(second).length];
  const sentences = [
    'Both devices are online. Each has a store of its own in this browser.',
    'Both are offline. Whatever is written now is kept on the device that wrote it.',
    `${first.name} keeps ${plural(a, 'edit')} and ${second.name} ${b}${title}. Nobody else knows of them yet.`,
    'All but the tempo is merged: the margin of each field says how, and why. The tempo waits for you.',
    'Both devices and the server agree again, and every value can say where it came from.',
  ];
  return sentences[step] ?? '';
}

function rounds(): number {
  return Number(localStorage.getItem(roundKey) ?? '0');
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
