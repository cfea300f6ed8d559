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
  return [format, header(checksum(text), text.length), text].join('');
}

/** Undoes `seal`. Throws `version` when an intact text was sealed by a newer release. */
export function unseal(sealed: string): Opened {
  const length = sealed.length - headerLength;
  if (length < 0) return { state: 'torn' };
  const found = sealed.slice(format.length, headerLength);
  if (/[^0-9a-f]/.test(found)) return { state: 'damaged' };
  if (length < Number(`0x${found.slice(numberLength)}`)) {
    // A text that its checksum vouches for is whole: it is the length that was changed.
    const whole = found.startsWith(hex(checksum(sealed, headerLength)));
    return { state: whole ? 'damaged' : 'torn' };
  }
  // The text is not cut off first: to read a slice unit by unit takes twice the time.
  // The header is compared as text: one with a changed digit may still read as the same number.
  if (found !== header(checksum(sealed, headerLength), length)) return { state: 'damaged' };
  if (sealed.startsWith(format)) return { state: 'intact', text: sealed.slice(headerLength) };
  if (/^[2-9]/.test(sealed)) {
    throw new SyncError('version', 'the store was written by a newer release', {
      hint: 'Load the newer release of the application again; nothing was changed.',
    });
  }
  return { state: 'damaged' };
}

function header(sum: number, length: number): string {
  return hex(sum) + hex(length);
}

function hex(value: number): string {
  return value.toString(16).padStart(numberLength, '0');
}
