import type { Conflict, FieldConflict, Resolution } from 'syncline';
import type { Piece } from '../piece.js';
import { labelOf, shown } from '../sentences.js';
import { complaintOf, type Device } from './device.js';
import { arrange, h, timeOf } from './dom.js';
import { parseField, type FieldName } from './fields.js';

const cards = new WeakMap<Device, Map<string, HTMLElement>>();

/** The question that a conflict asks; the same element as long as the question is the same. */
export function conflictCard(device: Device, conflict: Conflict, withTitle = false): HTMLElement {
  const known = cards.get(device) ?? new Map<string, HTMLElement>();
  cards.set(device, known);
  const key = JSON.stringify([conflict, withTitle]);
  const card = known.get(key) ?? buildCard(device, conflict, withTitle);
  known.set(key, card);
  return card;
}

function buildCard(device: Device, conflict: Conflict, withTitle: boolean): HTMLElement {
  const { id, entityId, fields, since } = conflict;
  const problem = h('p', { class: 'problem', role: 'alert' });
  const settle = (resolution: () => Promise<Resolution>) => () =>
    void resolution()
      .then((decided) => device.client.conflicts.resolve(id, decided))
      .catch((error: unknown) => (problem.textContent = complaintOf(error)));
  const inputs = fields.map((field) => mergeInput(field));
  const merged = async () => {
    const present = (await device.pieces.get(entityId)) ?? {};
    const patch = Object.fromEntries(inputs.map(({ name, value }) => [name, value()]));
    return { merged: { ...present, ...patch } as Piece };
  };
  const title = device.rows().find((row) => row.id === entityId)?.title ?? 'A piece that was deleted';
  return h(
    'section',
    { class: 'question', 'data-conflict': entityId },
    withTitle ? h('h4', {}, title) : undefined,
    ...fields.map((field) => question(device, field)),
    h(
      'div',
      { class: 'sides' },
      h(
        'button',
        { type: 'button', 'data-do': 'keep-local', onclick: settle(async () => 'local') },
        'Keep ',
        h('b', {}, sideText(fields, 'local')),
        h('small', {}, `from ${device.name}`),
      ),
      h(
        'button',
        { type: 'button', 'data-do': 'take-remote', onclick: settle(async () => 'remote') },
        'Take ',
        h('b', {}, sideText(fields, 'remote')),
        h('small', {}, 'from the server'),
      ),
    ),
    inputs.length === 0
      ? undefined
      : h(
          'div',
          { class: 'merge' },
          h('span', {}, 'or write'),
          ...inputs.map(({ element }) => element),
          h('button', { type: 'button', 'data-do': 'use-merged', onclick: settle(merged) }, 'Use this'),
        ),
    h('p', { class: 'since' }, `Open since ${timeOf(since)}. Nothing else waits for it but this piece.`),
    problem,
  );
}

function question(device: Device, { path, base, local, remote }: FieldConflict): HTMLElement {
  return h(
    'p',
    {},
    h('b', {}, labelOf(path)),
    ` ${base === undefined || base === null ? 'was not set' : `was ${shown(base)}`}. ${device.name} says ${shown(local)}, the server already has ${shown(remote)}.`,
  );
}

function sideText(fields: readonly FieldConflict[], side: 'local' | 'remote'): string {
  return fields.length === 0 ? `the ${side} values` : fields.map((field) => shown(field[side])).join(', ');
}

function mergeInput({ path, local, remote }: FieldConflict) {
  const name = path.slice(1) as FieldName;
  const isNumber = typeof local === 'number' && typeof remote === 'number';
  const suggestion = isNumber ? Math.round((local + remote) / 2) : local;
  const element = h('input', {
    'aria-label': `${labelOf(path)} instead`,
    type: isNumber ? 'number' : 'text',
    value: typeof suggestion === 'object' ? '' : String(suggestion ?? ''),
  });
  return { name, element, value: () => parseField(name, element.value) };
}

/** All questions of a device. */
export function createConflicts(device: Device) {
  const empty = h(
    'p',
    { class: 'empty' },
    h('b', {}, 'No open questions'),
    'Rules decide most of what meets. What they must not decide is asked here.',
  );
  const element = h('div', { class: 'panel-body stack' });
  return {
    element,
    refresh(): void {
      const open = device.client.conflicts.list();
      arrange(
        element,
        open.length === 0 ? [empty] : open.map((conflict) => conflictCard(device, conflict, true)),
      );
    },
  };
}
