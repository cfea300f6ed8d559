import type { Verdict } from './verdict.js';
import type { TimelineEvent, TimelinePlace } from './timeline.js';

/**
 * A verdict for a reader: what broke, what led there line by line, and how to see it again.
 *
 * @example
 * ```ts
 * import { defineEntity, lastWriteWins } from 'syncline';
 * import { simulate, simulated, timelineText } from 'syncline/testing';
 * import { z } from 'zod';
 *
 * const note = defineEntity({ name: 'note', schema: z.object({ id: z.string() }), strategy: lastWriteWins() });
 * const entities = [simulated(note, { create: (_, id) => ({ id }) })];
 * console.log(timelineText(await simulate({ entities, seed: 7, steps: 5, trace: true })));
 * ```
 */
export function timelineText(verdict: Verdict): string {
  const { timeline } = verdict;
  const width = Math.max(6, ...timeline.map((event) => nameOf(event).length));
  return [
    headlineOf(verdict),
    summaryOf(verdict),
    '',
    // What the server answers is told where it is heard.
    ...timeline
      .filter(({ kind }) => kind !== 'answered')
      .map((event) => `${clockOf(event)}  ${nameOf(event).padEnd(width)}  ${marked(event)}`),
  ]
    .join('\n')
    .trimEnd();
}

/** What came of a run, in a sentence. */
function headlineOf({ seed, broken }: Verdict): string {
  return broken === undefined
    ? `Seed ${seed}: all promises were kept.`
    : `Seed ${seed} breaks '${broken.promise}': ${broken.message}`;
}

/** How large it was. */
export function summaryOf({ steps, writes, calls, virtualMs, program: { profile } }: Verdict): string {
  const { replicas, tabs } = profile;
  const amounts = [
    count(replicas, 'device'),
    ...(tabs > 1 ? [`${tabs} tabs each`] : []),
    count(steps, 'step'),
    count(writes, 'write'),
    count(calls, 'call'),
  ];
  return `${amounts.join(', ')}, ${(virtualMs / 1_000).toFixed(1)} s of simulated time.`;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

function clockOf({ atMs }: TimelineEvent): string {
  return `${(atMs / 1_000).toFixed(3).padStart(9)} s`;
}

function nameOf({ device, tab }: TimelinePlace): string {
  if (device === undefined) return 'server';
  return tab === undefined ? `device ${device}` : `device ${device}, tab ${tab}`;
}

/** Marks that stand for the colours of the diagram. */
const marks: Readonly<Record<TimelineEvent['kind'], string>> = {
  act: '*',
  told: ' ',
  stored: ' ',
  sent: '>',
  answered: '<',
  heard: '<',
  lost: 'x',
  commit: '=',
  fault: '!',
  note: ' ',
  broken: '#',
};

function marked({ kind, text }: TimelineEvent): string {
  return `${marks[kind]} ${kind === 'broken' ? `BROKEN ${text}` : text}`;
}
