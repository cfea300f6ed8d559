import { describe, expect, it } from 'vitest';
import { filesBelow } from './sources.js';

/** The projects of vitest.config.ts that live in a folder of their own, and what their files end in. */
const projects = {
  types: '.test-d.ts',
  simulation: '',
  browser: '',
  e2e: '',
  services: '',
  docs: '',
  package: '',
};

/** Nothing to test there yet. Take a name off as soon as there is: an empty project is otherwise a mistake. */
const empty: string[] = [];

describe('no project is empty unnoticed', () => {
  it.each(Object.entries(projects))('test/%s', (folder, ending) => {
    const files = filesBelow(`test/${folder}`, ending || '.test.ts');
    expect(files.length === 0).toBe(empty.includes(folder));
  });
});
