import type { SyncStatus } from 'syncline';
import type { Piece } from '../piece.js';
import { createConflicts } from './conflicts.js';
import { createDetail, type Detail } from './detail.js';
import type { Device } from './device.js';
import { arrange, h, plural, setText } from './dom.js';
import { createList } from './list.js';
import { createQueue, queueOf } from './queue.js';

const views = ['pieces', 'queue', 'conflicts'] as const;
type View = (typeof views)[number];

/** A device as a person holds it: status, switch, and one of its views. */
export interface Panel {
  readonly device: Device;
  readonly element: HTMLElement;
  open(id: string): void;
  show(view: View): void;
  /** Scrolls back to the top. */
  rewind(): void;
}

/** Exchanges shorter than this are not worth a word. */
const patienceMs = 400;

export function createPanel(device: Device): Panel {
  const list = createList(device, open);
  const queue = createQueue(device, open);
  const conflicts = createConflicts(device);
  const bodies = { pieces: list, queue, conflicts };
  const chips = createChips();
  const tabs = new Map(views.map((view) => [view, createTab(device, view, () => show(view))]));
  const toggle = h('input', {
    type: 'checkbox',
    role: 'switch',
    'data-do': 'online',
    onchange: () => device.plug(toggle.checked),
  });
  const notice = createNotice();
  const stage = h('div', { class: 'stage' });
  const element = h(
    'section',
    { class: `panel ${device.key}`, 'aria-label': device.name },
    h(
      'header',
      {},
      h('h2', { class: 'panel-name' }, h('span', { class: 'icon', 'aria-hidden': 'true' }), device.name),
      chips.element,
      h('label', { class: 'switch' }, 'Online', toggle),
    ),
    h('nav', { 'aria-label': `${device.name} views` }, ...[...tabs.values()].map((tab) => tab.element)),
    stage,
    notice.element,
  );
  let view: View = 'pieces';
  let detail: Detail | undefined;

  function show(next: View): void {
    view = next;
    detail = undefined;
    refresh();
  }
  function open(id: string): void {
    if (detail?.id === id) return;
    view = 'pieces';
    detail = createDetail(device, id, { onBack: () => show('pieces'), onDelete: offerUndo });
    refresh();
    rewind();
  }
  function rewind(): void {
    stage.scrollTop = 0;
  }
  function offerUndo(piece: Readonly<Piece>): void {
    show('pieces');
    notice.say(`Deleted “${piece.title}”.`, 'Undo', () => void device.pieces.create({ ...piece }));
  }
  function refresh(): void {
    const status = device.client.status();
    const waiting = queueOf(device).filter(({ state }) => state !== 'dead').length;
    toggle.checked = device.isPluggedIn();
    chips.update(status, waiting);
    tabs.get('pieces')?.update(view === 'pieces', device.rows().length);
    tabs.get('queue')?.update(view === 'queue', queueOf(device).length);
    tabs.get('conflicts')?.update(view === 'conflicts', status.conflicts);
    (detail ?? bodies[view]).refresh();
    arrange(stage, [(detail ?? bodies[view]).element]);
  }
  device.subscribe(refresh);
  refresh();
  return { device, element, open, show, rewind };
}

function createTab(device: Device, view: View, onclick: () => void) {
  const count = h('span', { class: 'count' });
  const label = view.slice(0, 1).toUpperCase() + view.slice(1);
  const element = h('button', { type: 'button', 'data-view': view, onclick }, label, count);
  return {
    element,
    update(isCurrent: boolean, n: number): void {
      element.setAttribute('aria-current', String(isCurrent));
      count.hidden = n === 0;
      count.className = `count ${view}`;
      setText(count, String(n));
      element.setAttribute('aria-label', `${label} on ${device.name}: ${n}`);
    },
  };
}

interface Chip {
  readonly kind: 'synced' | 'syncing' | 'offline' | 'waiting' | 'conflict' | 'trouble';
  readonly text: string;
  readonly title?: string;
}

/** Status chips. A short exchange does not make them flicker. */
function createChips() {
  const element = h('p', { class: 'chips', role: 'status' });
  let delayed: ReturnType<typeof setTimeout> | undefined;
  let drawn = '';
  const draw = (chips: readonly Chip[]) => {
    const text = JSON.stringify(chips);
    if (text === drawn) return;
    drawn = text;
    element.replaceChildren(
      ...chips.map(({ kind, text, title }) => h('span', { class: `chip ${kind}`, title }, text)),
    );
  };
  return {
    element,
    update(status: SyncStatus, waiting: number): void {
      clearTimeout(delayed);
      const chips = chipsOf(status, waiting);
      if (status.state !== 'syncing') draw(chips);
      else delayed = setTimeout(() => draw(chips), patienceMs);
    },
  };
}

function chipsOf({ state, online, conflicts, deadLetters, lastError }: SyncStatus, waiting: number): Chip[] {
  const open = waiting - conflicts;
  return [
    ...(state === 'offline' ? [{ kind: 'offline', text: online ? 'No server' : 'Offline' } as const] : []),
    ...(state === 'syncing' ? [{ kind: 'syncing', text: 'Syncing' } as const] : []),
    ...(state === 'error' || state === 'stalled' || state === 'paused'
      ? [{ kind: 'trouble', text: state, title: lastError?.message ?? '' } as const]
      : []),
    ...(open > 0 ? [{ kind: 'waiting', text: `${open} waiting` } as const] : []),
    ...(conflicts > 0 ? [{ kind: 'conflict', text: plural(conflicts, 'conflict') } as const] : []),
    ...(deadLetters > 0 ? [{ kind: 'trouble', text: `${deadLetters} refused` } as const] : []),
    ...(state === 'synced' ? [{ kind: 'synced', text: 'Synced' } as const] : []),
  ];
}

/** A line at the foot of a device with something to take back. */
function createNotice() {
  const element = h('div', { class: 'notice', role: 'status', hidden: true });
  let hiding: ReturnType<typeof setTimeout> | undefined;
  const hide = () => void (element.hidden = true);
  return {
    element,
    say(text: string, verb: string, act: () => void): void {
      const onclick = () => {
        hide();
        act();
      };
      element.replaceChildren(text, h('button', { type: 'button', class: 'quiet', onclick }, verb));
      element.hidden = false;
      clearTimeout(hiding);
      hiding = setTimeout(hide, 8_000);
    },
  };
}
