export interface Column {
  readonly title: string;
  readonly width: number;
}

/** Prints rows under one heading, as they come; cells that are too long go on below. */
export function createTable(columns: readonly Column[], print: (line: string) => void) {
  const line = (cells: readonly string[]) =>
    print(
      columns
        .map(({ width }, at) => (cells[at] ?? '').padEnd(width))
        .join('  ')
        .trimEnd(),
    );
  const rule = () => line(columns.map(({ width }) => '─'.repeat(width)));
  line(columns.map(({ title }) => title));
  rule();
  return {
    row(cells: readonly string[]): void {
      const wrapped = columns.map(({ width }, at) => wrap(cells[at] ?? '', width));
      const height = Math.max(...wrapped.map(({ length }) => length));
      for (let at = 0; at < height; at++) line(wrapped.map((lines) => lines[at] ?? ''));
    },
    heading(text: string): void {
      print('');
      print(text);
      rule();
    },
  };
}

function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    const lines = [''];
    for (const word of line.split(' ')) {
      const last = lines.at(-1) ?? '';
      if (last === '') lines[lines.length - 1] = word;
      else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
