import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../examples/practice-log/csv.js';
import { BadRows, readPieces, rowsMax } from '../../../examples/practice-log/rows.js';

function problemsOf(text: string, format: 'json' | 'csv'): readonly string[] {
  try {
    readPieces(text, format);
    return [];
  } catch (error) {
    if (error instanceof BadRows) return error.problems;
    throw error;
  }
}

describe('parseCsv', () => {
  it('reads back whatever was written, quotes, separators and line breaks included', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', ' ', '♯') });
    const table = fc
      .integer({ min: 2, max: 5 })
      .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }));
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), (rows, lineBreak) => {
        const header = rows[0]?.map((_, at) => `column ${at}`) ?? [];
        const text = [header, ...rows]
          .map((cells) => cells.map((each) => `"${each.replaceAll('"', '""')}"`).join(','))
          .join(lineBreak);
        expect(
          parseCsv(text)
            .slice(1)
            .map(({ cells }) => cells),
        ).toEqual(rows);
      }),
    );
  });

  it('counts lines inside quoted cells, and skips empty ones', () => {
    expect(parseCsv('a,b\n\n"one\ntwo",c\n\nd,e\n')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 3, cells: ['one\ntwo', 'c'] },
      { line: 6, cells: ['d', 'e'] },
    ]);
  });

  it.each([[','], [';'], ['\t']])('takes %j for the separator when the first line does', (separator) => {
    expect(parseCsv(`\uFEFFa${separator}b\r\n1${separator}2`).map(({ cells }) => cells)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  it.each([
    ['a,b\n"c,d\n', 'line 2: a quote is opened and never closed'],
    ['a,b\nc"d,e\n', 'line 2: a quote inside a cell'],
    ['a,b\n"c"d,e\n', 'line 2: text after a closing quote'],
  ])('refuses %j', (text, message) => {
    expect(() => parseCsv(text)).toThrow(message);
  });
});

describe('readPieces', () => {
  it('fills in what a row leaves out', () => {
    expect(
      readPieces('composer,title,tags,tempo\nErik Satie,Gymnopédie No. 1,slow | calm,66\n', 'csv'),
    ).toEqual([
      {
        id: 'erik-satie-gymnopedie-no-1',
        composer: 'Erik Satie',
        title: 'Gymnopédie No. 1',
        opus: '',
        key: '',
        year: null,
        status: 'new',
        minutes: 0,
        tempo: 66,
        tags: ['slow', 'calm'],
        notes: '',
      },
    ]);
  });

  it('names every bad row of a CSV file by its line', () => {
    const text =
      'composer,title,year,minutes\nA,One,1800,5\n,Two,1800,5\nB,"Three\nlines",later,5\nC,Four,1800,-1\nA,One,1801,6\n';
    expect(problemsOf(text, 'csv')).toEqual([
      expect.stringMatching(/^line 3: composer: /),
      expect.stringMatching(/^line 4: year: /),
      expect.stringMatching(/^line 6: minutes: /),
      'line 7: the same piece as on line 2',
    ]);
  });

  it('names every bad entry of a JSON file by its line', () => {
    const text = `[
  { "composer": "A", "title": "brackets ] } in \\"text\\"", "tags": ["x", "y"] },
  { "composer": "B" },
  {
    "composer": "C", "title": "Three", "year": "1800"
  }, 7,
  { "composer": "D", "title": "Four", "colour": "red" }
]`;
    expect(problemsOf(text, 'json')).toEqual([
      expect.stringMatching(/^line 3: title: /),
      expect.stringMatching(/^line 4: year: /),
      expect.stringMatching(/^line 6: /),
      expect.stringMatching(/^line 7: .*colour/),
    ]);
  });

  it.each([
    ['{"composer": "A"}', 'json', 'line 1: the file must be an array of pieces'],
    ['[\n{ "composer": }]', 'json', 'is not valid JSON'],
    ['composer,titel\nA,B\n', 'csv', 'line 1: no such column: titel'],
    ['composer\nA\n', 'csv', 'line 1: a column is missing: title'],
    ['composer,title\nA,B,C\n', 'csv', 'line 2: 3 cells, the header has 2'],
    ['', 'csv', 'line 1: a column is missing: composer, title'],
  ] as const)('refuses %j', (text, format, problem) => {
    expect(problemsOf(text, format)).toEqual([expect.stringContaining(problem)]);
  });

  it('refuses more rows than one transaction carries', () => {
    const text = `composer,title\n${Array.from({ length: rowsMax + 1 }, (_, at) => `A,${at}`).join('\n')}`;
    expect(problemsOf(text, 'csv')).toEqual([`${rowsMax + 1} rows; at most ${rowsMax} are imported at once`]);
  });
});

describe('the catalogue', () => {
  const pieces = readPieces(readFileSync('examples/practice-log/catalogue.json', 'utf8'), 'json');
  const find = (composer: string, opus: string) =>
    pieces.find((each) => each.composer.endsWith(composer) && each.opus === opus);

  it('holds the 325 pieces that the README speaks of', () => {
    expect(pieces).toHaveLength(325);
  });

  it('holds 32 sonatas by Beethoven and both books of 24 preludes and fugues', () => {
    expect(pieces.filter(({ title }) => /^Piano Sonata No\. \d+/.test(title))).toHaveLength(32);
    for (const book of ['I', 'II']) {
      expect(
        pieces.filter(({ title }) => title.startsWith(`The Well-Tempered Clavier ${book}:`)),
      ).toHaveLength(24);
    }
  });

  it.each([
    ['Beethoven', 'Op. 27 No. 2', 'C♯ minor', 1802],
    ['Beethoven', 'Op. 106', 'B♭ major', 1819],
    ['Bach', 'BWV 847', 'C minor', 1722],
    ['Bach', 'BWV 893', 'B minor', null],
    ['Bach', 'BWV 801', 'B minor', 1723],
    ['Chopin', 'Op. 10 No. 12', 'C minor', 1833],
    ['Chopin', 'Op. 28 No. 15', 'D♭ major', 1839],
    ['Schubert', 'D 960', 'B♭ major', null],
  ])('knows %s %s', (composer, opus, key, year) => {
    expect(find(composer, opus)).toMatchObject({ key, year });
  });
});
