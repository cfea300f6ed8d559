import { arrowsOf, lanesOf, spanOf, type Arrow, type Lane } from './timeline-lanes.js';
import { boxPx, rowPx, style } from './timeline-style.js';
import { summaryOf, timelineText } from './timeline-text.js';
import type { TimelineEvent } from './timeline.js';
import type { Verdict } from './verdict.js';

/**
 * A verdict as an HTML page of its own: a lane for each device and for the server, the messages between them, and what
 * was broken. It loads nothing and runs nothing, and whatever the data hold is text in it.
 *
 * @example
 * ```ts
 * import { defineEntity, lastWriteWins } from 'syncline';
 * import { simulate, simulated, timelineHtml } from 'syncline/testing';
 * import { z } from 'zod';
 *
 * const note = defineEntity({ name: 'note', schema: z.object({ id: z.string() }), strategy: lastWriteWins() });
 * const entities = [simulated(note, { create: (_, id) => ({ id }) })];
 * const page = timelineHtml(await simulate({ entities, seed: 7, steps: 5, trace: true }));
 * console.log(page.startsWith('<!doctype html>')); // true
 * ```
 */
export function timelineHtml(verdict: Verdict): string {
  const { seed, broken, timeline, program } = verdict;
  const what =
    broken === undefined
      ? '<b class="kept">all promises were kept</b>'
      : `<b>${escaped(broken.promise)}</b> does not hold: ${escaped(broken.message)}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`Seed ${seed}: ${broken?.promise ?? 'all promises were kept'}`)}</title>
<style>${style}</style>
<header>
<h1>Seed ${seed}: ${what}</h1>
<p>${escaped(summaryOf(verdict))}</p>
<ul>${legend.map(([kind, text]) => `<li class="${kind}">${text}</li>`).join('')}</ul>
</header>
<main tabindex="0">${diagramOf(timeline)}</main>
<footer>
<p>A box shows all of its text when it is pressed.</p>
<details><summary>The same as text</summary><pre>${escaped(timelineText(verdict))}</pre></details>
<details><summary>The program, for <code>replay</code></summary><pre>${escaped(JSON.stringify(program))}</pre></details>
</footer>
</html>
`;
}

const legend = [
  ['act', 'a person or an application'],
  ['stored', 'stored on a device'],
  ['sent', 'a message'],
  ['commit', 'a commit of the server'],
  ['fault', 'a fault, or what came of one'],
  ['broken', 'what does not hold'],
] as const;

function diagramOf(events: readonly TimelineEvent[]): string {
  const lanes = lanesOf(events);
  const heads = lanes.map(
    ({ name }, at) => `<div class="lane" style="grid-area:1/${at + 2}">${escaped(name)}</div>`,
  );
  const rails = lanes.map(
    (_, at) => `<div class="rail" style="grid-area:2/${at + 2}/${events.length + 2}"></div>`,
  );
  const boxes = events.map((event, row) => boxOf(event, row, lanes, events[row - 1]));
  return [
    `<div class="lanes" style="--count:${lanes.length}">`,
    '<div class="lane time" style="grid-area:1/1">time</div>',
    ...heads,
    ...rails,
    drawingOf(arrowsOf(events, lanes), lanes),
    ...boxes,
    '</div>',
  ].join('\n');
}

function boxOf(event: TimelineEvent, row: number, lanes: readonly Lane[], before?: TimelineEvent): string {
  const { from, to } = spanOf(event, lanes);
  const time = before?.atMs === event.atMs ? '' : `${(event.atMs / 1_000).toFixed(3)} s`;
  return [
    `<div class="time" style="grid-area:${row + 2}/1">${time}</div>`,
    `<details class="event ${event.kind}" style="grid-area:${row + 2}/${from + 2}/auto/${to + 2}">`,
    `<summary title="${escaped(event.text)}">${escaped(event.text)}</summary></details>`,
  ].join('');
}

function drawingOf(arrows: readonly Arrow[], lanes: readonly Lane[]): string {
  return `<svg aria-hidden="true">${arrows.map((arrow) => lineOf(arrow, lanes.length)).join('')}</svg>`;
}

/** From below the box of one row to above that of another. Places between lanes are shares of the width. */
function lineOf({ fromLane, fromRow, toLane, toRow, isLost }: Arrow, count: number): string {
  const middle = (lane: number) => (100 * (lane + 0.5)) / count;
  const [x1, y1] = [middle(fromLane), fromRow * rowPx + boxPx];
  const x2 = isLost ? (x1 + middle(toLane)) / 2 : middle(toLane);
  const y2 = isLost ? Math.max(y1 + rowPx - boxPx, toRow * rowPx - (rowPx - boxPx) / 2) : toRow * rowPx;
  const [left, right] = [`${x1.toFixed(3)}%`, `${x2.toFixed(3)}%`];
  const end = isLost
    ? '<path class="cross" d="M-4-4 4 4M4-4-4 4"/>'
    : '<path class="tip" d="M0 0-4-8 4-8Z"/>';
  return [
    `<line class="${isLost ? 'missed' : 'message'}" x1="${left}" y1="${y1}" x2="${right}" y2="${y2}"/>`,
    `<svg x="${right}" y="${y2}" overflow="visible">${end}</svg>`,
  ].join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
