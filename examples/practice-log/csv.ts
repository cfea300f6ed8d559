/** A row of a CSV file, and the line it starts on. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * The rows of a CSV text, without empty lines. Comma, semicolon or tab: whichever the first line has most of.
 *
 * Throws an `Error` that names the line for a quote that is never closed, or that stands inside a bare cell.
 *
 * Source: RFC 4180.
 */
export function parseCsv(text: string): CsvRow[] {
  const source = text
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n');
  const separator = separatorOf(source.split('\n', 1)[0] ?? '');
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let line = 1;
  let startLine = 1;

  for (let at = 0; at <= source.length;) {
    const cell = source[at] === '"' ? quotedCell(source, at, line) : bareCell(source, at, separator, line);
    cells.push(cell.text);
    line += cell.lines;
    at = cell.end;
    if (source[at] !== undefined && source[at] !== separator && source[at] !== '\n') {
      throw new Error(`line ${line}: text after a closing quote`);
    }
    if (source[at] !== separator) {
      if (cells.length > 1 || cells[0] !== '') rows.push({ line: startLine, cells });
      cells = [];
      startLine = ++line;
    }
    at++;
  }
  return rows;
}

interface Cell {
  readonly text: string;
  /** Index after it. */
  readonly end: number;
  /** Line breaks inside it. */
  readonly lines: number;
}

function quotedCell(source: string, start: number, line: number): Cell {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] !== '"') continue;
    if (source[at + 1] === '"') at++;
    else {
      const inner = source.slice(start + 1, at);
      return { text: inner.replaceAll('""', '"'), end: at + 1, lines: inner.split('\n').length - 1 };
    }
  }
  throw new Error(`line ${line}: a quote is opened and never closed`);
}

function bareCell(source: string, start: number, separator: string, line: number): Cell {
  let end = start;
  while (end < source.length && source[end] !== separator && source[end] !== '\n') end++;
  const text = source.slice(start, end);
  if (text.includes('"')) throw new Error(`line ${line}: a quote inside a cell that does not begin with one`);
  return { text, end, lines: 0 };
}

function separatorOf(header: string): string {
  const count = (separator: string) => header.split(separator).length;
  return [',', ';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best));
}
