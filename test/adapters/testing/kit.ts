import type { ConformanceCase } from 'syncline/testing';
import { expect, vi } from 'vitest';

/** Runs the case of this name. */
async function runCase<Setup>(
  cases: readonly ConformanceCase<Setup>[],
  name: string,
  setup: Setup,
): Promise<void> {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no case '${name}'`);
  await found.run(setup);
}

/** The case passes with what is sound, and fails with what is broken. */
export async function expectCaught<Setup>(
  cases: readonly ConformanceCase<Setup>[],
  name: string,
  { sound, broken }: { readonly sound: Setup; readonly broken: Setup },
): Promise<void> {
  await expect(runCase(cases, name, sound)).resolves.toBeUndefined();
  await expect(runCase(cases, name, broken)).rejects.toThrow();
}

/** Lets timers fire as soon as nothing else is due, so that nobody waits for what never comes. */
export async function timeFlying(work: () => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let isOver = false;
  try {
    const done = work().finally(() => (isOver = true));
    done.catch(() => undefined);
    while (!isOver) await vi.advanceTimersByTimeAsync(1_000);
    await done;
  } finally {
    vi.useRealTimers();
  }
}
