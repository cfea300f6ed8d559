import { expect, test } from 'vitest';
import { sum } from 'syncline';
import { simulate, simulateMany, timelineText } from 'syncline/testing';
import simulation, { practice } from '../../examples/wrong-merge/simulation.js';
import { read } from './fences.js';

const page = read('docs/simulator.md');

test('docs/simulator.md shows the example as it is', () => {
  expect(page).toContain(`\`\`\`ts\n${read('examples/wrong-merge/simulation.ts')}\`\`\`\n`);
});

test('docs/simulator.md shows what the run of the wrong rule prints', async () => {
  const verdict = await simulate({ ...simulation, seed: 2 });
  expect(verdict.broken?.promise).toBe('seconds are those of the sessions');
  expect(page).toContain(`\`\`\`text\n${timelineText(verdict)}\n\`\`\`\n`);
});

test('with the right rule the histories of thirty seeds hold, as docs/simulator.md says', async () => {
  const { failures, runs } = await simulateMany({ ...practice(sum()), runs: 30 });
  expect(failures.map(timelineText)).toEqual([]);
  expect(runs).toBe(30);
});
