import { statuses, type Piece } from '../piece.js';
import { complaintOf, type Device } from './device.js';
import { arrange, h, setText } from './dom.js';
import { queueOf } from './queue.js';

const pageSize = 120;
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** All pieces by composer, to be searched, opened, practised and added to. */
export function createList(device: Device, onOpen: (id: string) => void) {
  const { search, status } = filters(device, restart);
  const rows = new Map<string, ReturnType<typeof createRow>>();
  const headings = new Map<string, HTMLElement>();
  const more = h('button', { type: 'button', onclick: () => void ((limit += pageSize), refresh()) });
  const moreLine = h('li', { class: 'more' }, more);
  const empty = h('li', { class: 'empty' });
  const list = h('ul', { class: 'pieces' });
  const add = addForm(device, onOpen);
  const element = h(
    'div',
    { class: 'panel-body list' },
    h('div', { class: 'tools' }, search, status, add.button),
    add.form,
    list,
  );
  let limit = pageSize;
  let sortedFrom: readonly Readonly<Piece>[] = [];
  let sorted: readonly Readonly<Piece>[] = [];

  function restart(): void {
    limit = pageSize;
    refresh();
  }
  function refresh(): void {
    const all = device.rows();
    if (all !== sortedFrom) {
      sortedFrom = all;
      sorted = [...all].sort(byComposer);
    }
    const wanted = sorted.filter((piece) => matches(piece, search.value, status.value));
    const marks = marksOf(device);
    const elements: HTMLElement[] = [];
    let composer = '';
    for (const piece of wanted.slice(0, limit)) {
      if (piece.composer !== composer) elements.push(heading((composer = piece.composer)));
      const row = rows.get(piece.id) ?? createRow(device, piece.id, onOpen);
      rows.set(piece.id, row);
      row.update(piece, marks.get(piece.id));
      elements.push(row.element);
    }
    if (wanted.length > limit) {
      setText(more, `Show more (${wanted.length - limit})`);
      elements.push(moreLine);
    }
    if (wanted.length === 0) {
      setText(empty, emptyText(device));
      elements.push(empty);
    }
    arrange(list, elements);
  }
  function heading(composer: string): HTMLElement {
    const known = headings.get(composer) ?? h('li', { class: 'composer' }, composer);
    headings.set(composer, known);
    return known;
  }
  return { element, refresh };
}

function filters(device: Device, onChange: () => void) {
  const search = h('input', {
    type: 'search',
    placeholder: 'Search',
    'aria-label': `Search on ${device.name}`,
    'data-do': 'search',
    oninput: onChange,
  });
  const all = h('option', { value: '' }, 'all');
  const options = statuses.map((each) => h('option', {}, each));
  const status = h(
    'select',
    { 'aria-label': `Status on ${device.name}`, onchange: onChange },
    all,
    ...options,
  );
  return { search, status };
}

function emptyText(device: Device): string {
  if (device.rows().length > 0) return 'No piece matches.';
  return device.isPluggedIn()
    ? 'Asking the server for the pieces…'
    : 'Nothing here yet. Go online to get the pieces.';
}

type Mark = 'waiting' | 'conflict';

/** Which pieces are not with the server as they stand here. */
function marksOf(device: Device): ReadonlyMap<string, Mark> {
  const marks = new Map<string, Mark>();
  for (const { operation, state } of queueOf(device)) {
    if (state === 'dead' || marks.get(operation.entityId) === 'conflict') continue;
    marks.set(operation.entityId, state === 'conflict' ? 'conflict' : 'waiting');
  }
  return marks;
}

function createRow(device: Device, id: string, onOpen: (id: string) => void) {
  const title = h('span', { class: 'row-title' });
  const meta = h('span', { class: 'row-meta' });
  const mark = h('span', { class: 'mark' });
  const status = h('span', { class: 'row-status' });
  const minutes = h('span', { class: 'row-minutes' });
  const practise = () => void device.pieces.update(id, (draft) => void (draft.minutes += 5));
  const plus = h('button', { type: 'button', class: 'plus', onclick: practise }, '+5 min');
  const open = h('button', { type: 'button', class: 'row-open', onclick: () => onOpen(id) }, title, meta);
  const element = h('li', { class: 'row', 'data-piece': id }, open, mark, status, minutes, plus);
  let shown: Readonly<Piece> | undefined;
  return {
    element,
    update(piece: Readonly<Piece>, marked: Mark | undefined): void {
      mark.className = `mark ${marked ?? ''}`;
      mark.title =
        marked === undefined
          ? ''
          : marked === 'conflict'
            ? 'Waits for your decision'
            : 'Not with the server yet';
      if (piece === shown) return;
      shown = piece;
      setText(title, piece.title);
      setText(meta, [piece.opus, piece.key, piece.year ?? ''].filter((part) => part !== '').join(' · '));
      setText(status, piece.status === 'new' ? '' : piece.status);
      status.className = `row-status ${piece.status}`;
      setText(minutes, piece.minutes === 0 ? '' : `${piece.minutes} min`);
      plus.setAttribute('aria-label', `5 more minutes of ${piece.title}`);
    },
  };
}

function addForm(device: Device, onOpen: (id: string) => void) {
  const composer = h('input', {
    placeholder: 'Composer',
    'aria-label': 'Composer',
    required: true,
    maxlength: 120,
  });
  const title = h('input', { placeholder: 'Title', 'aria-label': 'Title', required: true, maxlength: 300 });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const create = async () => {
    const blank = {
      opus: '',
      key: '',
      year: null,
      status: 'new',
      minutes: 0,
      tempo: null,
      tags: [],
      notes: '',
    } as const;
    const { id } = await device.pieces.create({
      ...blank,
      tags: [],
      composer: composer.value.trim(),
      title: title.value.trim(),
    });
    form.reset();
    toggle();
    onOpen(id);
  };
  const onsubmit = (event: Event) => {
    event.preventDefault();
    create().catch((error: unknown) => (problem.textContent = complaintOf(error)));
  };
  const form = h(
    'form',
    { class: 'add', hidden: true, onsubmit },
    composer,
    title,
    h('button', {}, 'Add'),
    problem,
  );
  const button = h(
    'button',
    { type: 'button', class: 'quiet', 'aria-expanded': 'false', onclick: () => toggle() },
    '+ Add',
  );
  function toggle(): void {
    form.hidden = !form.hidden;
    button.setAttribute('aria-expanded', String(!form.hidden));
    problem.textContent = '';
    if (!form.hidden) composer.focus();
  }
  return { form, button };
}

function matches(
  { composer, title, opus, key, tags, notes, status }: Readonly<Piece>,
  text: string,
  wanted: string,
): boolean {
  if (wanted !== '' && status !== wanted) return false;
  const whole = plain([composer, title, opus, key, notes, ...tags].join(' '));
  return plain(text)
    .split(' ')
    .every((word) => whole.includes(word));
}

/** Without accents and capitals: `etude` finds `Étude`. */
function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

function byComposer(a: Readonly<Piece>, b: Readonly<Piece>): number {
  const surname = (name: string) => name.split(' ').at(-1) ?? name;
  return (
    collator.compare(surname(a.composer), surname(b.composer)) ||
    collator.compare(a.composer, b.composer) ||
    collator.compare(a.opus, b.opus) ||
    collator.compare(a.title, b.title)
  );
}
