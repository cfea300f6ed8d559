import type { FieldRule } from '../contracts/resolver.js';
import { equalJson } from '../diff/canonical.js';
import { leave, take } from './verdict.js';

export interface ConcatOptions {
  /** Put between two texts where neither brings it along. Default: a line break. */
  readonly separator?: string;
}

/**
 * Texts that grow at the end: the remote text, followed by what the local side added.
 *
 * A side that rewrote the text instead of adding to it keeps what it wrote, followed by what the other one added; when
 * both rewrote it, both texts are kept, the remote one first. No text that a side wrote is ever lost. An absent value
 * counts as empty, and other types than strings conflict.
 */
export function concat({ separator = '\n' }: ConcatOptions = {}): FieldRule {
  return {
    name: 'concat',
    laws: { commutative: false, associative: false, idempotent: true },
    needsBase: true,
    decide(field) {
      if (equalJson(field.local, field.remote)) return take(field, field.remote, 'Both sides are equal.');
      const { base = '', local = '', remote = '' } = field;
      if (typeof base !== 'string' || typeof local !== 'string' || typeof remote !== 'string') {
        return leave('Only texts can be appended to one another.');
      }
      if (local.startsWith(base)) {
        const added = local.slice(base.length);
        return take(
          field,
          join(remote, added, separator),
          'What the local side added follows the remote text.',
        );
      }
      if (remote.startsWith(base)) {
        const added = remote.slice(base.length);
        return take(
          field,
          join(local, added, separator),
          'What the remote side added follows the local text.',
        );
      }
      return take(
        field,
        join(remote, local, separator),
        'Both sides rewrote the text; the remote one comes first.',
      );
    },
  };
}

function join(first: string, second: string, separator: string): string {
  const isJoined = first === '' || second === '' || first.endsWith(separator) || second.startsWith(separator);
  return isJoined ? first + second : first + separator + second;
}
