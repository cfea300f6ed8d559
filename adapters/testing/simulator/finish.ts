import { checkEnd } from './final-checks.js';
import { resolveConflict } from './perform.js';
import { shortId } from './timeline.js';
import type { World } from './world.js';

/** How long it may take, once all is well, until nothing is left to do: a poll, and a few pauses between attempts. */
const quietWithinMs = 90_000;
const lookEveryMs = 1_000;
const roundsMax = 40;

/** Heals everything, lets a person decide what a person must, and checks that all comes to rest. */
export async function finish(world: World): Promise<void> {
  const { hub, links, devices, tabs, clock, program, ledger, witnesses } = world;
  world.timeline.add(() => ({ kind: 'note', text: 'from here on all is well' }));
  hub.downUntil = 0;
  hub.faults.clear();
  for (const link of links) link.heal();
  for (const device of devices) device.slowUntil = device.silentUntil = 0;
  for (const tab of tabs) {
    for (let waitedMs = 0; tab.isOpening && waitedMs < quietWithinMs; waitedMs += lookEveryMs)
      await world.pass(lookEveryMs);
    const client = await world.until(world.use(tab));
    if (client === undefined) world.report('no-surprise', `${tab.name} does not open`);
    else client.outbox.resume();
  }
  for (let round = 0; round < roundsMax && world.broken.length === 0; round++) {
    const withinMs = quietWithinMs + 2 * program.profile.pollMs;
    const deadline = clock.now + withinMs;
    while (!isQuiet(world) && clock.now < deadline && world.broken.length === 0)
      await world.pass(lookEveryMs);
    if (await decide(world, round)) continue;
    if (!isQuiet(world)) return reportBusy(world, withinMs);
    break;
  }
  if (world.broken.length > 0) return;
  // Whoever has nothing to send hears of the rest with the next poll. A write may only now become durable, and is sent, too.
  const restMs = 2 * program.profile.pollMs + 30_000;
  await world.pass(restMs);
  if (world.broken.length > 0) return;
  if (!isQuiet(world)) return reportBusy(world, restMs);
  const wasRestored = (world.counts['server-restored'] ?? 0) > 0;
  checkEnd(world.report, { ledger, holdings: hub.holdings, devices, witnesses, wasRestored });
  world.ask('end');
}

function isQuiet(world: World): boolean {
  return world.witnesses.every(({ outbox }) => {
    const states = new Set([...outbox.values()].map(({ state }) => state));
    // What waits behind a conflict waits for a person.
    return states.has('conflict') || [...states].every((state) => state === 'dead');
  });
}

function reportBusy(world: World, afterMs: number): void {
  const waiting = world.witnesses.map(({ outbox }) =>
    [...outbox.values()]
      .filter(({ state }) => state !== 'dead')
      .map(({ operation, state }) => `${shortId(operation.id)} ${state}`),
  );
  world.report('bounded-rounds', `still busy ${afterMs} ms after all was healed: ${JSON.stringify(waiting)}`);
}

/** One device after the other, or they would contest each other's decisions for ever. */
async function decide(world: World, round: number): Promise<boolean> {
  for (const { client } of world.tabs) {
    const open = client?.conflicts.list().length ?? 0;
    if (client === undefined || open === 0) continue;
    const choice = (['local', 'remote', 'merged'] as const)[round % 3] ?? 'local';
    for (let left = open; left > 0; left--)
      await world.until(resolveConflict(world, client, { pick: 0, choice, n: 10_000 + round }));
    return true;
  }
  return false;
}
