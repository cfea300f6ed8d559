import type { Json } from 'syncline';
import type { Piece } from '../piece.js';
import { conflictCard } from './conflicts.js';
import { complaintOf, type Device } from './device.js';
import { arrange, h, setText } from './dom.js';
import { marginElements, marginsOf, summaryOf } from './explain.js';
import { createField, type FieldName } from './fields.js';

const practice: readonly FieldName[] = ['minutes', 'tempo', 'status', 'tags', 'notes'];
const facts: readonly FieldName[] = ['composer', 'title', 'opus', 'key', 'year'];

export interface Detail {
  readonly element: HTMLElement;
  readonly id: string;
  refresh(): void;
}

export interface DetailOptions {
  readonly onBack: () => void;
  readonly onDelete: (piece: Readonly<Piece>) => void;
}

/** One piece, to be read and edited, with the story of each value in the margin. */
export function createDetail(device: Device, id: string, { onBack, onDelete }: DetailOptions): Detail {
  const title = h('h3', { tabindex: -1 });
  const byline = h('p', { class: 'byline' });
  const summary = h('p', { class: 'summary', role: 'status' });
  const conflicts = h('div', { class: 'conflict-cards' });
  const fields = [...practice, ...facts].map((name) => {
    const field = createField(name, `${device.key}-${id}`, (value) => void save(name, value));
    return field;
  });
  const elementOf = (name: FieldName) => fields.find((field) => field.name === name)?.element;

  async function save(name: FieldName, value: Json): Promise<void> {
    const field = fields.find((each) => each.name === name);
    try {
      await device.pieces.update(id, { [name]: value });
      field?.complain('');
    } catch (error) {
      field?.complain(complaintOf(error));
    }
  }
  const remove = () => {
    const piece = current();
    if (piece !== undefined) void device.pieces.delete(id).then(() => onDelete(piece));
  };
  const current = () => device.rows().find((row) => row.id === id);

  let turn = 0;
  async function refresh(): Promise<void> {
    const own = ++turn;
    const explanation = await device.explain(id);
    if (own !== turn) return;
    const piece = current();
    if (piece === undefined) return onBack();
    setText(title, piece.title);
    setText(byline, [piece.composer, piece.opus, piece.key].filter((part) => part !== '').join(' · '));
    const { tone, sentence } = summaryOf(explanation, device.nameOf);
    summary.className = `summary ${tone}`;
    setText(summary, sentence);
    const open = device.client.conflicts.list().filter(({ entityId }) => entityId === id);
    arrange(
      conflicts,
      open.map((conflict) => conflictCard(device, conflict)),
    );
    const margins = marginsOf(explanation, device.nameOf);
    for (const field of fields) {
      field.show(piece[field.name]);
      const margin = margins.get(`/${field.name}`);
      field.margin.replaceChildren(...(margin === undefined ? [] : marginElements(margin)));
    }
  }
  const element = h(
    'article',
    { class: 'detail', 'data-piece': id },
    h(
      'div',
      { class: 'detail-bar' },
      h('button', { type: 'button', class: 'quiet', 'data-do': 'back', onclick: onBack }, '‹ All pieces'),
      h('button', { type: 'button', class: 'quiet danger', onclick: remove }, 'Delete'),
    ),
    title,
    byline,
    summary,
    conflicts,
    ...practice.flatMap((name) => elementOf(name) ?? []),
    h('h4', {}, 'About the piece'),
    ...facts.flatMap((name) => elementOf(name) ?? []),
  );
  return { element, id, refresh: () => void refresh() };
}
