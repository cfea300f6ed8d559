import type { OutboxEntry } from 'syncline';
import { changesOf, standingOf } from '../sentences.js';
import { piece } from '../piece.js';
import type { Device } from './device.js';
import { arrange, h, setText, timeOf } from './dom.js';

/** What waits on this device, in the order of writing. */
export function queueOf(device: Device): readonly OutboxEntry[] {
  return device.client.outbox.list().filter(({ operation }) => operation.entity === piece.name);
}

export function createQueue(device: Device, onOpen: (id: string) => void) {
  const empty = h(
    'li',
    { class: 'empty' },
    h('b', {}, 'Nothing waits'),
    'Everything written here is with the server.',
  );
  const element = h('ol', { class: 'panel-body queue' });
  const rows = new Map<string, ReturnType<typeof createRow>>();
  return {
    element,
    refresh(): void {
      const entries = queueOf(device);
      const ids = new Set(entries.map(({ operation }) => operation.id));
      for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
      const elements = entries.map((entry) => {
        const row = rows.get(entry.operation.id) ?? createRow(device, entry, onOpen);
        rows.set(entry.operation.id, row);
        row.update(entry);
        return row.element;
      });
      arrange(element, elements.length === 0 ? [empty] : elements);
    },
  };
}

function createRow(device: Device, { operation, enqueuedAt }: OutboxEntry, onOpen: (id: string) => void) {
  const { id, entityId } = operation;
  const title = device.rows().find((row) => row.id === entityId)?.title ?? 'A deleted piece';
  const standing = h('span', { class: 'standing' });
  const verbs = h(
    'span',
    { class: 'verbs' },
    h(
      'button',
      { type: 'button', class: 'quiet', onclick: () => void device.client.outbox.retry(id) },
      'Try again',
    ),
    h(
      'button',
      { type: 'button', class: 'quiet danger', onclick: () => void device.client.outbox.discard(id) },
      'Discard',
    ),
  );
  const element = h(
    'li',
    {},
    h('p', { class: 'change' }, changesOf({ operation }).join('; ')),
    h(
      'p',
      { class: 'on' },
      h('button', { type: 'button', class: 'link', onclick: () => onOpen(entityId) }, title),
      h('span', {}, timeOf(enqueuedAt)),
    ),
    standing,
    verbs,
  );
  return {
    element,
    update(entry: OutboxEntry): void {
      element.className = `queued ${entry.state}`;
      setText(standing, standingOf(entry));
      verbs.hidden = entry.state !== 'dead';
    },
  };
}
