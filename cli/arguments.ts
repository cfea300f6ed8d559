import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The command was called in a way it cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** `util.parseArgs`, with what is wrong as a `UsageError` that names the nearest option there is. */
export function readArguments<const T extends Options>(
  args: readonly string[],
  options: T,
  positionalsMax: number,
) {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (parsed.positionals.length > positionalsMax)
      throw new UsageError(`'${parsed.positionals[positionalsMax]}' is one argument too many`);
    return parsed;
  } catch (error) {
    if (!isArgumentError(error)) throw error;
    const unknown = /Unknown option '(--?[^']+)'/.exec(error.message)?.[1];
    if (unknown === undefined) throw new UsageError(error.message);
    const near = nearest(unknown.replace(/^-+/, ''), Object.keys(options));
    throw new UsageError(
      `there is no option ${unknown}${near === undefined ? '' : `; did you mean --${near}?`}`,
    );
  }
}

export function serverAddress(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new UsageError(`'${text}' is no address of the form http://127.0.0.1:8080/api/v1/sync`);
  return text.replace(/\/+$/, '');
}

export function positiveInteger(text: string, name: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`${name} must be a whole number above 0, not '${text}'`);
  return value;
}

/** The name among these that a text was probably meant to be, if any. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, distance: name.startsWith(text) && text !== '' ? 0 : distanceOf(text, name) }))
    .filter(({ name, distance }) => distance <= Math.max(2, name.length / 3))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.name;
}

/**
 * How many letters must be put in, taken out, or changed to make one text of the other.
 *
 * Source: Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", 1966.
 */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function isArgumentError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
