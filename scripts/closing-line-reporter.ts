import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints `N passed, N failed, N skipped` alone on the last line.
 *
 * With `CLOSING_LINE_FILE` set the line goes to that file instead, so that a script around the run can print it last.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      const before = passed + failed + skipped;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped++;
      }
      // A file that did not even load.
      if (before === passed + failed + skipped && !module.ok()) failed++;
    }
    const line = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    const file = process.env['CLOSING_LINE_FILE'];
    if (file) writeFileSync(file, line);
    // At exit, hence after the coverage report.
    else process.on('exit', () => process.stdout.write(`\n${line}\n`));
  }
}
