import type { FieldContext, FieldRule, FieldVerdict } from '../contracts/resolver.js';
import { equalJson } from '../diff/canonical.js';
import { mergeSequences } from './three-way.js';
import { leave, take } from './verdict.js';

export interface TextOptions {
  /** What counts as one piece of the text. Default `line`. */
  readonly by?: 'line' | 'word';
}

/** Lines or words in one text: beyond it, comparing would keep a server busy. */
const piecesMax = 50_000;
/** Lines or words that one side may have added and removed. */
const editsMax = 1_000;

/**
 * Three-way merge of texts, line by line or word by word.
 *
 * Edits in different places are all kept. Where both sides edited the same place, both versions are kept there, the
 * remote one first. An absent value counts as empty. Texts of more than 50,000 pieces, or with more than 1,000 edits,
 * and other types than strings conflict.
 *
 * Source: the three-way merge of diff3, see `mergeSequences`.
 */
export function text({ by = 'line' }: TextOptions = {}): FieldRule {
  return {
    name: 'text',
    laws: { commutative: false, associative: false, idempotent: true },
    needsBase: true,
    decide: (field) => decideText(field, by),
  };
}

function decideText(field: FieldContext, by: 'line' | 'word'): FieldVerdict {
  if (equalJson(field.local, field.remote)) return take(field, field.remote, 'Both sides are equal.');
  const { base = '', local = '', remote = '' } = field;
  if (typeof base !== 'string' || typeof local !== 'string' || typeof remote !== 'string') {
    return leave('Only texts can be merged piece by piece.');
  }

  const { split, join, glue } = pieces[by];
  const sides = [base, local, remote].map(split);
  const [baseTokens = [], localTokens = [], remoteTokens = []] = sides;
  const isTooLong = sides.some((tokens) => tokens.length > piecesMax);
  const merged = isTooLong
    ? undefined
    : mergeSequences(baseTokens, localTokens, remoteTokens, { editsMax, glue });
  if (merged === undefined)
    return leave('The texts are too long or too different to be merged piece by piece.');
  return take(field, join(merged.tokens), explain(merged.overlaps, by));
}

function explain(overlaps: number, by: 'line' | 'word'): string {
  if (overlaps === 0) return `The edits of both sides were merged ${by} by ${by}.`;
  const places = overlaps === 1 ? 'one place' : `${overlaps} places`;
  return `Both sides edited the same ${by}s in ${places}; both versions are kept there, the remote one first.`;
}

const pieces = {
  line: {
    split: (whole: string): string[] => (whole === '' ? [] : whole.split('\n')),
    join: (tokens: readonly string[]): string => tokens.join('\n'),
    glue: (): undefined => undefined,
  },
  word: {
    split: (whole: string): string[] => whole.match(/\s+|[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu) ?? [],
    join: (tokens: readonly string[]): string => tokens.join(''),
    // Two versions of a word must not become one word.
    glue: (before: string, after: string): string | undefined =>
      /\S$/.test(before) && /^\S/.test(after) ? ' ' : undefined,
  },
};
