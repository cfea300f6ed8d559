import type { Json } from 'syncline';
import { statuses, type Piece } from '../piece.js';
import { arrange, h } from './dom.js';

export type FieldName = Exclude<keyof Piece, 'id'>;

/** A labelled input for one field; it saves when it is left. */
export interface Field {
  readonly name: FieldName;
  readonly element: HTMLElement;
  readonly margin: HTMLElement;
  /** Shows a value, unless somebody is typing there. */
  show(value: Json | undefined): void;
  complain(text: string): void;
}

const numbers: ReadonlySet<FieldName> = new Set(['minutes', 'tempo', 'year']);
const labels: Partial<Record<FieldName, string>> = {
  tempo: 'Tempo (bpm)',
  year: 'Year',
  opus: 'Opus or catalogue number',
};

function labelFor(name: FieldName): string {
  return labels[name] ?? name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** What was typed, as the field's value; an empty number is none. */
export function parseField(name: FieldName, text: string): Json {
  if (!numbers.has(name)) return text.trim();
  if (text.trim() === '') return name === 'minutes' ? 0 : null;
  return Number(text);
}

export function createField(name: FieldName, prefix: string, save: (value: Json) => void): Field {
  const id = `${prefix}-${name}`;
  const margin = h('div', { class: 'margin' });
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const complain = (text: string) => {
    problem.textContent = text;
    problem.hidden = text === '';
  };
  const input = name === 'tags' ? tagInput(id, save) : plainInput(name, id, save);
  const element = h(
    'div',
    { class: `field field-${name}`, 'data-field': name },
    h('div', { class: 'field-input' }, h('label', { for: id }, labelFor(name)), input.element, problem),
    margin,
  );
  return { name, element, margin, complain, show: (value) => input.show(value) };
}

interface Input {
  readonly element: HTMLElement;
  show(value: Json | undefined): void;
}

function plainInput(name: FieldName, id: string, save: (value: Json) => void): Input {
  const onchange = () => save(parseField(name, element.value));
  const element =
    name === 'notes'
      ? h('textarea', { id, rows: 4, onchange })
      : name === 'status'
        ? h('select', { id, onchange }, ...statuses.map((each) => h('option', {}, each)))
        : h('input', {
            id,
            type: numbers.has(name) ? 'number' : 'text',
            step: 1,
            autocomplete: 'off',
            onchange,
          });
  let known = '';
  return {
    element,
    show(value) {
      const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
      const isTyping = document.activeElement === element && element.value !== known;
      if (!isTyping && element.value !== text) element.value = text;
      known = text;
    },
  };
}

/** Tags as chips that can be taken off, and a place for the next one. */
function tagInput(id: string, save: (value: Json) => void): Input {
  let tags: readonly string[] = [];
  const chips = h('span', { class: 'tags' });
  const next = h('input', {
    id,
    placeholder: 'add a tag',
    maxlength: 40,
    autocomplete: 'off',
    onchange: add,
  });
  function add(): void {
    const tag = next.value.trim();
    next.value = '';
    if (tag !== '' && !tags.includes(tag)) save([...tags, tag]);
  }
  const chip = (tag: string) =>
    h(
      'span',
      { class: 'tag' },
      tag,
      h(
        'button',
        {
          type: 'button',
          'aria-label': `Remove ${tag}`,
          onclick: () => save(tags.filter((each) => each !== tag)),
        },
        '×',
      ),
    );
  return {
    element: h('div', { class: 'tag-field' }, chips, next),
    show(value) {
      const wanted = Array.isArray(value) ? value.map(String) : [];
      if (wanted.join('\n') === tags.join('\n') && chips.children.length === wanted.length) return;
      tags = wanted;
      arrange(chips, tags.map(chip));
    },
  };
}
