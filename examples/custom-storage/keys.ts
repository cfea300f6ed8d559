import type { ScanRange } from 'syncline';

type Key = number | string;

/** Ends every part of a key. Sorts before all that a part is made of, so that `note` stays before `notebook`. */
const end = '!';
/** Sorts after all that a part is made of. */
const last = '~';

/** Where the number of the newest commit is. */
export const revisionKey = 'revision';

/** Where a row is: table, id. */
export function rowKey(table: string, id: string): string {
  return rowsOf(table) + part(id);
}

/** Where a row is found by an index: table, index, key, id. */
export function entryKey(table: string, index: string, key: Key, id: string): string {
  return entriesOf(table, index) + part(key) + part(id);
}

/** Where it is written that an index is kept: table, index. */
export function indexKey(table: string, index: string): string {
  return indexesPrefix + part(table) + part(index);
}

/** What all keys of that kind begin with. */
export const indexesPrefix = 'index!';
export const rowsOf = (table: string) => `row!${part(table)}`;
export const entriesOf = (table: string, index: string) => `entry!${part(table)}${part(index)}`;

/** The keys that begin so, and go on with one in the range. */
export function within(prefix: string, range: ScanRange = {}): { readonly gte: string; readonly lt: string } {
  const { lower, upper, lowerOpen, upperOpen } = range;
  const past = (key: Key) => prefix + part(key) + last;
  const at = (key: Key) => prefix + part(key);
  return {
    gte: lower === undefined ? prefix : lowerOpen === true ? past(lower) : at(lower),
    lt: upper === undefined ? prefix + last : upperOpen === true ? at(upper) : past(upper),
  };
}

/** Text that sorts, byte by byte, as the contract orders keys: numbers, then strings by UTF-16 code unit. */
function part(key: Key): string {
  return (typeof key === 'number' ? `n${numberPart(key)}` : `s${hex(key, 4)}`) + end;
}

/** The bits of the number, turned so that they sort as unsigned ones do. */
function numberPart(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  // Adding zero makes -0 a 0.
  view.setFloat64(0, value + 0);
  const bits = view.getBigUint64(0);
  const sign = 1n << 63n;
  const turned = bits & sign ? ~bits & (2n * sign - 1n) : bits | sign;
  return turned.toString(16).padStart(16, '0');
}

function hex(text: string, digits: number): string {
  let result = '';
  for (let at = 0; at < text.length; at++) result += text.charCodeAt(at).toString(16).padStart(digits, '0');
  return result;
}

/** The table and index that an `indexKey` names. */
export function indexOf(key: string): readonly [table: string, index: string] {
  const [table = '', index = ''] = key.slice(indexesPrefix.length).split(end);
  return [textOf(table), textOf(index)];
}

function textOf(part: string): string {
  return (part.slice(1).match(/.{4}/g) ?? []).map((unit) => String.fromCharCode(parseInt(unit, 16))).join('');
}
