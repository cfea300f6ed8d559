import type { SqliteValue } from '../../shared/sqlite.js';

/**
 * SQLite compares text by its UTF-8 bytes, where U+E000 to U+FFFF come before the characters past them; by UTF-16 code
 * unit they come after. Drivers also lose lone surrogates, and some cut a text at U+0000. So each code unit from U+D800
 * on stands as a character of its own at the end of Unicode, in the same order, and U+0000 as two characters.
 */
const escaped = /[\u0000\u0001\ud800-\uffff]/g;
const escapes = /\u0001[\u0001\u0002]|[\u{10d800}-\u{10ffff}]/gu;
const shift = 0x100000;

/** The text that has this one's place in SQLite's order; itself, for nearly all texts. */
export function encodeText(text: string): string {
  return text.replace(escaped, (unit) => {
    const code = unit.charCodeAt(0);
    return code < 2 ? `\u0001${String.fromCharCode(code + 1)}` : String.fromCodePoint(shift + code);
  });
}

export function decodeText(text: string): string {
  return text.replace(escapes, (sign) =>
    String.fromCharCode(sign.startsWith('\u0001') ? sign.charCodeAt(1) - 1 : sign.codePointAt(0)! - shift),
  );
}

/** A key of an index, or a bound, as its column has it; NULL: no key. */
export function sqlKey(key: number | string | undefined): SqliteValue {
  return typeof key === 'string' ? encodeText(key) : (key ?? null);
}

/** Names that are not to be had: the empty one, SQLite's, ours, and those of the columns that every table has. */
const taken = /^$|^sqlite_|^syncline|^(id|revision|value)$/;

/**
 * The name of a table, or of an index's column, as SQL has it, quoted. SQL does not tell capitals from small letters:
 * `^a` stands for `A`.
 */
export function sqlName(name: string): string {
  return quoted(plainName(name));
}

export function sqlIndexName(table: string, index: string): string {
  return quoted(`${plainName(table)}^ ${plainName(index)}`);
}

function plainName(name: string): string {
  const lower = encodeText(name).replace(/[A-Z^]/g, (sign) => `^${sign.toLowerCase()}`);
  return taken.test(lower) ? `^_${lower}` : lower;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
