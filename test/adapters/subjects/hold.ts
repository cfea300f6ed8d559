import { describe, test } from 'vitest';
import type { Subject } from './subject.js';

/** Runs every case of these subjects, as tests. */
export function hold(...subjects: readonly Subject[]): void {
  describe.each(subjects)('$name', ({ cases }) => {
    test.each(cases)('$name', ({ run }) => run());
  });
}
