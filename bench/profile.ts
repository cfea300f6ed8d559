import { SourceMap, type SourceMapping } from 'node:module';

/** The part of a V8 CPU profile that is read. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
  }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

/** A bundle by the end of its address, and its source map. */
export interface MappedScript {
  readonly name: string;
  readonly map: string;
}

export interface SelfTime {
  readonly where: string;
  readonly ms: number;
  /** Of all time that was not idle. */
  readonly share: number;
}

/** Functions by the time spent in them alone, greatest first; idle time left out. */
export function selfTimes(profile: CpuProfile, script: MappedScript): SelfTime[] {
  const map = new SourceMap(JSON.parse(script.map) as never);
  const places = new Map(
    profile.nodes.map(({ id, callFrame }) => [id, placeOf(callFrame, script.name, map)]),
  );
  const micros = new Map<string, number>();
  let busy = 0;
  profile.samples?.forEach((id, at) => {
    const where = places.get(id) ?? '(unknown)';
    const spent = profile.timeDeltas?.[at] ?? 0;
    if (where === '(idle)' || where === '(root)') return;
    busy += spent;
    micros.set(where, (micros.get(where) ?? 0) + spent);
  });
  return [...micros]
    .map(([where, spent]) => ({ where, ms: spent / 1000, share: spent / busy }))
    .sort((a, b) => b.ms - a.ms);
}

/** The top of the table as text. */
export function selfTimeTable(times: readonly SelfTime[], rows = 30): string {
  const lines = times
    .slice(0, rows)
    .map(
      ({ where, ms, share }) =>
        `${ms.toFixed(1).padStart(9)}  ${(share * 100).toFixed(1).padStart(5)} %  ${where}`,
    );
  const busy = times.reduce((sum, { ms }) => sum + ms, 0);
  return [
    '  self ms   share    where',
    ...lines,
    `${busy.toFixed(1).padStart(9)}  all that was not idle`,
  ].join('\n');
}

function placeOf(
  { functionName, url, lineNumber, columnNumber }: CpuProfile['nodes'][number]['callFrame'],
  script: string,
  map: SourceMap,
): string {
  if (url === '') return functionName;
  const name = functionName === '' ? '(anonymous)' : functionName;
  const entry: Partial<SourceMapping> = url.endsWith(script) ? map.findEntry(lineNumber, columnNumber) : {};
  const { originalSource = url, originalLine = lineNumber } = entry;
  return `${name} ${originalSource}:${originalLine + 1}`;
}
