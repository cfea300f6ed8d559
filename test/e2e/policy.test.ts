import { expect, test } from 'vitest';
import { launch, untilOpen } from './support/browsers.js';
import { report } from './support/ledger.js';
import { raiseStage } from './support/stage.js';

test('under a strict content security policy with Trusted Types nothing is violated', async () => {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "require-trusted-types-for 'script'",
    'trusted-types',
  ].join('; ');
  const [browser, stage] = await Promise.all([launch(), raiseStage({ policy })]);
  const page = await browser.newPage();
  await page.addInitScript(() => {
    window.violations = [];
    addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
      window.violations.push(violatedDirective),
    );
  });
  await page.goto(stage.address({ store: 'policy' }));
  await untilOpen(page);
  await page.evaluate(async () => {
    // Past the turn that the debugger started, which the policy does not bind.
    await new Promise((resolve) => setTimeout(resolve));
    lab.items.watch().subscribe(() => undefined);
    await lab.items.create({ id: 'sum', n: 0 });
    for (let step = 0; step < 450; step++) await lab.step(`${step}-sum`);
    await lab.items.update('sum', { text: 'x'.repeat(5_000) });
    await lab.items.delete('0-sum');
    await lab.drain();
    await lab.client.close();
  });
  expect((await stage.truth()).get('sum')?.data['n']).toBe(450);
  const violations = await page.evaluate(() => window.violations);
  report('strict policy', { violations: violations.length });
  expect(violations).toEqual([]);

  // And this page would have noticed.
  await page.evaluate(() => void setTimeout(() => Reflect.construct(Function, [''])));
  await expect.poll(() => page.evaluate(() => window.violations.length)).toBeGreaterThan(0);
  await browser.close();
  await stage.close();
});

declare global {
  /** Directives that the page broke. */
  var violations: string[];
}
