import { SyncError } from '../errors.js';
import { checksum } from './checksum.js';

const format = '1';
const numberLength = 8;
const headerLength = format.length + 2 * numberLength;

/** A text as it was read back: whole, cut off short, or changed. */
export type Opened =
  { readonly state: 'intact'; readonly text: string } | { readonly state: 'torn' | 'damaged' };

/** The text behind a header of 17 characters: format, checksum and length, the last two in hexadecimal. */
export function seal(text: string): string {
  return format + header(text) + text;
}

/** Undoes `seal`. Throws `version` when an intact text was sealed by a newer release. */
export function unseal(sealed: string): Opened {
  if (sealed.length < headerLength) return { state: 'torn' };
  const text = sealed.slice(headerLength);
  const length = Number.parseInt(sealed.slice(format.length + numberLength, headerLength), 16);
  if (text.length < length) return { state: 'torn' };
  // As text: a header with a changed digit may still read as the same number.
  if (sealed.slice(format.length, headerLength) !== header(text)) return { state: 'damaged' };
  if (!sealed.startsWith(format)) {
    throw new SyncError('version', 'the store was written by a newer release', {
      hint: 'Load the newer release of the application again; nothing was changed.',
    });
  }
  return { state: 'intact', text };
}

function header(text: string): string {
  return hex(checksum(text)) + hex(text.length);
}

function hex(value: number): string {
  return value.toString(16).padStart(numberLength, '0');
}
