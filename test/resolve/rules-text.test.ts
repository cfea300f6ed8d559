import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { text } from '../../src/resolve/text-rule.js';
import { decide, merged } from './rules-fixtures.js';

/** What one side did to a text of unique lines: which lines it deleted, and what it inserted before line i. */
interface Edits {
  readonly deleted: ReadonlySet<number>;
  readonly inserted: ReadonlyMap<number, readonly string[]>;
}

function editsArb(size: number, side: string): fc.Arbitrary<Edits> {
  return fc
    .tuple(
      fc.subarray(Array.from({ length: size }, (_, i) => i)),
      fc.array(fc.tuple(fc.nat(size), fc.integer({ min: 1, max: 2 })), { maxLength: 3 }),
    )
    .map(([deleted, inserts]) => ({
      deleted: new Set(deleted),
      inserted: new Map(
        inserts.map(([at, count]) => [at, Array.from({ length: count }, (_, n) => `${side}${at}.${n}`)]),
      ),
    }));
}

const caseArb = fc
  .nat(6)
  .chain((size) =>
    fc.record({ size: fc.constant(size), local: editsArb(size, 'local'), remote: editsArb(size, 'remote') }),
  );

/** The lines of one side from slot to slot. Slot 2i is the gap before line i, slot 2i + 1 is line i. */
function version({ deleted, inserted }: Edits, from: number, to: number): string[] {
  const lines: string[] = [];
  for (let slot = from; slot <= to; slot++) {
    if (slot % 2 === 0) lines.push(...(inserted.get(slot / 2) ?? []));
    else if (!deleted.has((slot - 1) / 2)) lines.push(`line ${(slot - 1) / 2}`);
  }
  return lines;
}

/** Slots that a side has its hand on: deleted lines with the gaps between them, and gaps where it only inserts. */
function painted({ deleted, inserted }: Edits, size: number): boolean[] {
  return Array.from({ length: 2 * size + 1 }, (_, slot) => {
    if (slot % 2 === 1) return deleted.has((slot - 1) / 2);
    const [above, below] = [deleted.has(slot / 2 - 1), deleted.has(slot / 2)];
    return above && below ? true : !above && !below && inserted.has(slot / 2);
  });
}

/** Runs of painted slots. Neighbouring slots are one run: a gap painted by inserting has no painted neighbour. */
function runs(marks: readonly boolean[]): [number, number][] {
  const found: [number, number][] = [];
  for (const [slot, mark] of marks.entries()) {
    const last = found.at(-1);
    if (mark && last !== undefined && last[1] === slot - 1) last[1] = slot;
    else if (mark) found.push([slot, slot]);
  }
  return found;
}

/** Insertions at the edge of a deletion belong to it. */
function widened([from, to]: readonly [number, number]): [number, number] {
  return [from % 2 === 1 ? from - 1 : from, to % 2 === 1 ? to + 1 : to];
}

/** Three-way merge by painting: runs of both sides that share a slot are decided together. */
function model(size: number, local: Edits, remote: Edits): string[] {
  const regions = [
    ...runs(painted(local, size)).map((run) => ({ run, isLocal: true, isRemote: false })),
    ...runs(painted(remote, size)).map((run) => ({ run, isLocal: false, isRemote: true })),
  ];
  for (let changed = true; changed;) {
    changed = false;
    for (const a of regions) {
      const b = regions.find((other) => other !== a && other.run[0] <= a.run[1] && a.run[0] <= other.run[1]);
      if (b === undefined) continue;
      regions.splice(regions.indexOf(b), 1);
      a.run = [Math.min(a.run[0], b.run[0]), Math.max(a.run[1], b.run[1])];
      a.isLocal ||= b.isLocal;
      a.isRemote ||= b.isRemote;
      changed = true;
      break;
    }
  }
  const lines: string[] = [];
  for (let slot = 0; slot <= 2 * size; slot++) {
    const region = regions.find(({ run: [from, to] }) => from <= slot && slot <= to);
    if (region === undefined) {
      if (slot % 2 === 1) lines.push(`line ${(slot - 1) / 2}`);
      continue;
    }
    if (region.run[0] !== slot) continue;
    if (region.isRemote) lines.push(...version(remote, ...ownSlots(remote, size, region.run)));
    if (region.isLocal) lines.push(...version(local, ...ownSlots(local, size, region.run)));
  }
  return lines;
}

/** The region as one side sees it: with the insertions at the edges of its own deletions. */
function ownSlots(edits: Edits, size: number, [from, to]: readonly [number, number]): [number, number] {
  const own = runs(painted(edits, size))
    .filter((run) => run[0] >= from && run[1] <= to)
    .map(widened);
  return [Math.min(from, ...own.map((run) => run[0])), Math.max(to, ...own.map((run) => run[1]))];
}

describe('text by line', () => {
  it('agrees with painting the lines that each side touched', () => {
    fc.assert(
      fc.property(caseArb, ({ size, local, remote }) => {
        const untouched: Edits = { deleted: new Set(), inserted: new Map() };
        const whole = (edits: Edits): string => version(edits, 0, 2 * size).join('\n');
        const result = merged(text(), whole(untouched), whole(local), whole(remote));
        fc.pre(whole(local) !== whole(remote));
        expect(result).toBe(model(size, local, remote).join('\n'));
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps every line that a side wrote', () => {
    const linesArb = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 8 });
    fc.assert(
      fc.property(linesArb, linesArb, linesArb, (base, local, remote) => {
        const [before, ours, theirs] = [base, local, remote].map((lines) => lines.join('\n')) as [
          string,
          string,
          string,
        ];
        const result = (merged(text(), before, ours, theirs) as string).split('\n');
        for (const line of new Set([...local, ...remote])) {
          if (line !== '' && !base.includes(line)) expect(result).toContain(line);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('takes the only edit, from either side', () => {
    const anyArb = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 12 });
    fc.assert(
      fc.property(anyArb, anyArb, fc.constantFrom('line', 'word'), (base, edited, by) => {
        expect(merged(text({ by }), base, edited, base)).toBe(edited);
        expect(merged(text({ by }), base, base, edited)).toBe(edited);
        expect(merged(text({ by }), base, edited, edited)).toBe(edited);
      }),
      { numRuns: 1000 },
    );
  });

  it('merges edits of neighbouring lines', () => {
    expect(merged(text(), 'a\nb', 'A\nb', 'a\nB')).toBe('A\nB');
  });

  it('keeps both versions of an overlap, the remote one first, and says so', () => {
    expect(decide(text(), 'a\nb\nc', 'a\nours\nc', 'a\ntheirs\nc')).toEqual({
      value: 'a\ntheirs\nours\nc',
      winner: 'both',
      why: 'Both sides edited the same lines in one place; both versions are kept there, the remote one first.',
    });
    expect(decide(text(), 'a\nb\nc', 'x\nb\ny', 'u\nb\nv').why).toContain('in 2 places');
  });

  it('keeps an edit of lines that the other side deleted', () => {
    expect(merged(text(), 'a\nb\nc', 'c', 'a\nB\nc')).toBe('a\nB\nc');
    expect(merged(text(), 'a\nb', undefined, 'a\nB')).toBe('a\nB');
  });

  it('writes what both sides wrote once, also at the edges of an overlap', () => {
    expect(merged(text(), 'a', 'a\nx\ny', 'a\nx')).toBe('a\nx\ny');
    expect(merged(text(), 'a', 'y\nx\na', 'x\na')).toBe('y\nx\na');
    expect(decide(text(), '', 'x\n', 'y\n')).toMatchObject({ value: 'y\nx\n' });
  });

  it('leaves other types, and texts too long or too different, to a person', () => {
    expect(decide(text(), 'a', null, 'b')).toMatchObject({ conflict: true });
    const lines = (count: number, word: string): string =>
      Array.from({ length: count }, (_, i) => `${word} ${i}`).join('\n');
    expect(decide(text(), lines(600, 'a'), lines(600, 'b'), 'x')).toMatchObject({ conflict: true });
    const longer = lines(50_001, 'a');
    expect(decide(text(), longer, `first\n${longer}`, `${longer}\nlast`)).toMatchObject({ conflict: true });
    const long = lines(49_999, 'a');
    expect(merged(text(), long, `first\n${long}`, `${long}\nlast`)).toBe(`first\n${long}\nlast`);
  });
});

describe('text by word', () => {
  const words = text({ by: 'word' });

  it('merges edits within one line', () => {
    expect(merged(words, 'the cat sat here', 'the dog sat here', 'the cat sat there')).toBe(
      'the dog sat there',
    );
    expect(merged(words, 'one, two', 'one; two', 'one, three')).toBe('one; three');
  });

  it('does not make one word of two versions', () => {
    expect(merged(words, 'the cat sat', 'the dog sat', 'the cow sat')).toBe('the cow dog sat');
    expect(merged(words, 'a', 'a b', 'a c')).toBe('a c b');
  });

  it('gives back any text as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (base, edited) => {
        expect(merged(words, base, edited, base)).toBe(edited);
      }),
    );
    const odd = '\ud800x \udc00\u0301 日本語 e\u0301\r\n\t👩‍👧';
    expect(merged(words, odd, `${odd} y`, odd)).toBe(`${odd} y`);
  });
});
