import type { TimelineEvent, TimelinePlace } from './timeline.js';

/** A column of the diagram. */
export interface Lane extends TimelinePlace {
  readonly name: string;
}

/** Columns that an event takes: from the first to the one before the end. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A message: from below one row to above another; one that is lost ends half way. */
export interface Arrow {
  readonly fromLane: number;
  readonly fromRow: number;
  readonly toLane: number;
  readonly toRow: number;
  readonly isLost: boolean;
}

/** A lane for each tab that does something, half of the devices on each side of the server. */
export function lanesOf(events: readonly TimelineEvent[]): readonly Lane[] {
  const tabsOf = new Map<number, Set<number>>();
  for (const { device, tab } of events) {
    if (device === undefined) continue;
    const tabs = tabsOf.get(device) ?? new Set<number>();
    tabsOf.set(device, tab === undefined ? tabs : tabs.add(tab));
  }
  const devices = [...tabsOf].sort(([a], [b]) => a - b);
  const lanes = devices.map(([device, tabs]): readonly Lane[] =>
    tabs.size < 2
      ? [{ device, name: `device ${device}` }]
      : [...tabs].sort((a, b) => a - b).map((tab) => ({ device, tab, name: `device ${device}, tab ${tab}` })),
  );
  const half = Math.ceil(lanes.length / 2);
  return [...lanes.slice(0, half).flat(), { name: 'server' }, ...lanes.slice(half).flat()];
}

/** Where an event stands: in the lane of its tab, across all lanes of its device, or across everything. */
export function spanOf({ kind, device, tab }: TimelineEvent, lanes: readonly Lane[]): Span {
  if (kind === 'broken') return { from: 0, to: lanes.length };
  const own = (lane: Lane) =>
    lane.device === device && (tab === undefined || lane.tab === undefined || lane.tab === tab);
  const from = lanes.findIndex(own);
  return { from, to: from + lanes.filter(own).length };
}

/** The requests and answers between the lanes. */
export function arrowsOf(events: readonly TimelineEvent[], lanes: readonly Lane[]): readonly Arrow[] {
  const server = lanes.findIndex(({ device }) => device === undefined);
  const rowsOf = new Map<number, number[]>();
  events.forEach(({ call }, row) => {
    if (call !== undefined) rowsOf.set(call, [...(rowsOf.get(call) ?? []), row]);
  });
  return [...rowsOf.values()].flatMap((rows) => arrowsOfCall(events, lanes, server, rows));
}

/** `rows` are those of one call, in order; the first is that of its sending. */
function arrowsOfCall(
  events: readonly TimelineEvent[],
  lanes: readonly Lane[],
  server: number,
  [sent, ...rows]: readonly number[],
): readonly Arrow[] {
  const start = sent === undefined ? undefined : events[sent];
  if (sent === undefined || start === undefined) return [];
  const { from: tab } = spanOf(start, lanes);
  const arrows: Arrow[] = [];
  let answered: number | undefined;
  for (const row of rows) {
    const kind = events[row]?.kind;
    if (kind === 'answered') {
      arrows.push({ fromLane: tab, fromRow: sent, toLane: server, toRow: row, isLost: false });
      answered = row;
      continue;
    }
    const isLost = kind === 'lost';
    const way =
      answered === undefined
        ? { fromLane: tab, fromRow: sent, toLane: server }
        : { fromLane: server, fromRow: answered, toLane: tab };
    arrows.push({ ...way, toRow: row, isLost });
    break;
  }
  return arrows;
}
