import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/entries.js';

/** A fenced block of TypeScript in a document or in a doc comment. */
export interface Fence {
  /** From the root. */
  readonly path: string;
  /** Line of its first line of code, from 1. */
  readonly line: number;
  /** Words after `ts`, as in ```` ```ts ignore-run ````. */
  readonly info: readonly string[];
  readonly code: string;
}

/** Every ```` ```ts ```` fence of a Markdown text. Other languages are text, and nobody's promise. */
export function fencesOf(path: string, text: string): Fence[] {
  return [...text.matchAll(/^([ \t]*)```ts\b([^\n]*)\n([\s\S]*?)^\1```[ \t]*$/gm)].map((match) => {
    const [, indent = '', info = '', code = ''] = match;
    return {
      path,
      line: text.slice(0, match.index).split('\n').length + 1,
      info: info.trim().split(/\s+/).filter(Boolean),
      code: code.replace(new RegExp(`^${indent}`, 'gm'), ''),
    };
  });
}

/** The same for the doc comments of a source file. */
export function commentFencesOf(path: string, text: string): Fence[] {
  // Code outside of the comments becomes empty lines, so that line numbers stay true.
  const blank = (code: string): string => code.replace(/[^\n]/g, '');
  const markdown = text
    .split(/(\/\*\*[\s\S]*?\*\/)/)
    .map((part) =>
      part.startsWith('/**') ? part.replace(/^[ \t]*\*(?!\/) ?/gm, '').replace(/\*\/$/, '') : blank(part),
    )
    .join('');
  return fencesOf(path, markdown);
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
