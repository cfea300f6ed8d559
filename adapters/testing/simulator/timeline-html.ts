import type { Verdict } from './verdict.js';
import { headlineOf, timelineText } from './timeline-text.js';

/**
 * A verdict as an HTML page of its own: a lane for each device and for the server, the messages between them, and what
 * was broken. It loads nothing, and whatever the data hold is text in it.
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
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escaped(headlineOf(verdict))}</title>
<pre>${escaped(timelineText(verdict))}</pre>
</html>
`;
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
