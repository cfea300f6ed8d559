import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/contracts/json.js';
import { canonicalJson, contentHash, equalJson } from '../../src/diff/canonical.js';
import { murmur128 } from '../../src/diff/murmur.js';
import { jsonArb, shuffled } from './arbitraries.js';

describe('the canonical form', () => {
  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(jsonArb, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is the same whatever the order of keys', () => {
    fc.assert(
      fc.property(jsonArb, (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('sorts keys by UTF-16 code unit, as in RFC 8785, section 3.2.3', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const text = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])));
    expect(Object.keys(JSON.parse(text)).filter((key) => key !== '1')).toEqual([
      '\r',
      '\u0080',
      '\u00f6',
      '\u20ac',
      '\ud83d\ude00',
      '\ufb33',
    ]);
  });

  it('writes numbers and strings as RFC 8785, section 3.2.2, does', () => {
    const value: Json = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('knows one zero, keeps lone surrogates apart and goes past 2^53', () => {
    expect(canonicalJson(-0)).toBe('0');
    expect(canonicalJson('\ud800')).toBe('"\\ud800"');
    expect(canonicalJson('\\ud800')).toBe('"\\\\ud800"');
    expect(canonicalJson([2 ** 53 - 1, 2 ** 53, -(2 ** 53)])).toBe(
      '[9007199254740991,9007199254740992,-9007199254740992]',
    );
    expect(canonicalJson({ '': { '': [] } })).toBe('{"":{"":[]}}');
  });
});

describe('equality', () => {
  it('is equality of the canonical forms', () => {
    fc.assert(
      fc.property(jsonArb, jsonArb, (a, b) => {
        expect(equalJson(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
        expect(equalJson(a, shuffled(structuredClone(a)))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('tells apart what is alike', () => {
    const unlike: (Json | undefined)[] = [
      undefined,
      null,
      false,
      0,
      '',
      '0',
      [],
      {},
      [null],
      [[]],
      { a: null },
      { b: null },
      { 0: 0 },
      [0],
      { length: 0 },
    ];
    for (const [i, a] of unlike.entries()) {
      for (const [j, b] of unlike.entries()) expect(equalJson(a, b)).toBe(i === j);
    }
    expect(equalJson({ toString: 1 }, { a: 1 })).toBe(false);
    expect(equalJson(0, -0)).toBe(true);
  });
});

describe('the content hash', () => {
  it('is MurmurHash3_x86_128 over UTF-16LE, as the reference implementation computes it', () => {
    // Computed with mmh3 (the C++ original for Python): mmh3.hash_bytes(text.encode('utf-16-le'), 0, x64arch=False).
    const expected = {
      '': '00000000000000000000000000000000',
      a: '033bb196ccef4fe1ccef4fe1ccef4fe1',
      abc: '2b5b97a320f75fb55012c2b45012c2b4',
      abcdefg: '851fde5ef81a9aab2a351f32fa8e8ca7',
      abcdefgh: '6c3576558df898a1a76d230d42147114',
      'The quick brown fox jumps over the lazy dog': '15beb6860f94f6cafed4894d28be6d5b',
      'ä€😀ä€😀ä€😀ä€😀ä€😀': 'e78d918bcaaf74fce4091929c04a4c5a',
    };
    for (const [text, hash] of Object.entries(expected)) expect(murmur128(text)).toBe(hash);
    expect(contentHash({ b: [1, 'x'], a: null })).toBe('9b1c88403f6a4af4101a56495b80b50c');
  });

  it('is equal exactly when the values are', () => {
    fc.assert(
      fc.property(jsonArb, jsonArb, (a, b) => {
        expect(contentHash(a) === contentHash(b)).toBe(equalJson(a, b));
        expect(contentHash(shuffled(a))).toBe(contentHash(a));
      }),
    );
  });

  it('differs for 100,000 small values', () => {
    const hashes = new Set<string>();
    for (let i = 0; i < 25_000; i++) {
      for (const value of [i, String(i), { n: i }, [i, i % 7]]) hashes.add(contentHash(value));
    }
    expect(hashes.size).toBe(100_000);
  });

  it('differs for random small values, in each half of its bits, too', () => {
    const texts = new Set(fc.sample(jsonArb, { numRuns: 100_000, seed: 1 }).map(canonicalJson));
    const hashes = [...texts].map(murmur128);
    expect(texts.size).toBeGreaterThan(20_000);
    for (const [from, to] of [
      [0, 32],
      [0, 16],
      [16, 32],
    ]) {
      expect(new Set(hashes.map((hash) => hash.slice(from, to))).size).toBe(texts.size);
    }
  });

  it('changes about half of its bits when one character changes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 16, maxLength: 40 }), fc.nat(), (text, seed) => {
        const at = seed % text.length;
        const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
        const difference = BigInt(`0x${murmur128(text)}`) ^ BigInt(`0x${murmur128(changed)}`);
        const bits = difference.toString(2).replaceAll('0', '').length;
        expect(bits).toBeGreaterThan(30);
        expect(bits).toBeLessThan(98);
      }),
    );
  });
});
