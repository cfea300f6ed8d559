import fc from 'fast-check';
import type { Json } from 'syncline';
import { describe, expect, it } from 'vitest';
import {
  decodeChunk,
  decodeEntry,
  encodeChunk,
  encodeEntry,
  encodeManifest,
  type TableChange,
} from '../../src/storage/row-codec.js';

const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '😀', '\ud800', 'é', '\u0000', ']') });
const json = fc
  .jsonValue({ maxDepth: 2, noUnicodeString: false })
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);
const change = fc.tuple(
  text,
  fc.array(fc.tuple(text, json)).map((rows) => rows.flat()),
  fc.array(text),
);
const commit = fc.array(change, { minLength: 1, maxLength: 3 });

describe('an entry', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(commit, { minLength: 1, maxLength: 4 }), (first, commits) => {
        const payload = encodeEntry(
          first,
          commits.map((one: TableChange[]) => JSON.stringify(one)),
        );
        expect(decodeEntry(payload)).toEqual({ first, commits });
      }),
    );
  });

  it('cut short anywhere is torn, changed anywhere is damaged', () => {
    fc.assert(
      fc.property(commit, fc.nat(), fc.constantFrom('x', '0', '1', '😀'), (one, seed, other) => {
        const payload = encodeEntry(1, [JSON.stringify(one)]);
        const at = seed % payload.length;
        expect(decodeEntry(payload.slice(0, at))).toBe('torn');
        const changed = payload.slice(0, at) + other + payload.slice(at + 1);
        if (changed !== payload) expect(decodeEntry(changed)).toBe('damaged');
      }),
    );
  });

  it('is damaged when a digit of its header is, even where the number reads the same', () => {
    const payload = encodeEntry(1, ['[]']);
    expect(payload.slice(9, 11)).toBe('00');
    expect(decodeEntry(`${payload.slice(0, 10)}x${payload.slice(11)}`)).toBe('damaged');
  });

  it('of another format is a newer release’s, unless it is damaged', () => {
    const payload = encodeEntry(1, ['[]']);
    expect(() => decodeEntry(`2${payload.slice(1)}`)).toThrow(expect.objectContaining({ code: 'version' }));
    expect(decodeEntry(`2${payload.slice(1, -1)}x`)).toBe('damaged');
  });
});

describe('a chunk', () => {
  const rows = (count: number, value: Json) =>
    Array.from({ length: count }, (_, at) => ({ id: `r${at}`, revision: at, value }));

  it('comes back as it was written', () => {
    const { chunk, next } = encodeChunk('notes', rows(3, { a: ['é'] }), 1);
    expect(next).toBe(3);
    expect(decodeChunk(chunk)).toEqual({
      table: 'notes',
      cells: ['r1', 1, { a: ['é'] }, 'r2', 2, { a: ['é'] }],
    });
  });

  it('holds at most 1,000 rows', () => {
    expect(encodeChunk('notes', rows(2_500, 1), 0).next).toBe(1_000);
    expect(encodeChunk('notes', rows(2_500, 1), 2_000).next).toBe(2_500);
  });

  it('of large rows stops soon after 256 K characters', () => {
    const { chunk, next } = encodeChunk('notes', rows(100, 'x'.repeat(100_000)), 0);
    expect(next).toBe(3);
    expect(chunk.length).toBeLessThan(310_000);
  });

  it('whose rows become large suddenly takes at most 32 of them at once', () => {
    const all = [...rows(200, 1), ...rows(200, 'x'.repeat(100_000))];
    expect(encodeChunk('notes', all, 0).next).toBeLessThanOrEqual(232);
  });

  it('that is damaged is not read', () => {
    const { chunk } = encodeChunk('notes', rows(3, 1), 0);
    expect(decodeChunk(chunk.slice(0, -1))).toBeUndefined();
    expect(decodeChunk(chunk.replace('r1', 'r7'))).toBeUndefined();
    expect(decodeChunk('')).toBeUndefined();
  });

  it('may be the manifest', () => {
    expect(decodeChunk(encodeManifest(7, 3))).toEqual({ revision: 7, rows: 3 });
  });
});
