import { isSyncError, type SyncClient } from 'syncline';
import type { Tab } from './device.js';
import type { Step } from './steps.js';
import type { World } from './world.js';
import { definitionOf, performGroup, performWrite } from './writing.js';

type FaultStep = Step & { readonly do: 'fault' };

/** Starts what a step says. Nothing is waited for: what it leads to happens while time passes. */
export function perform(world: World, step: Step): void {
  if (step.do === 'backup') return world.hub.backUp();
  if (step.do === 'fault') return strike(world, step);
  const tab = world.tabs[step.tab];
  if (tab === undefined) return;
  if (step.do === 'close') return void tab.device.close(tab).catch(() => undefined);
  void world.use(tab).then((client) => (client === undefined ? undefined : act(world, tab, client, step)));
}

async function act(
  world: World,
  tab: Tab,
  client: SyncClient,
  step: Exclude<Step, { do: 'backup' | 'fault' | 'close' }>,
): Promise<void> {
  switch (step.do) {
    case 'write':
      return writing(world, () => performWrite(tab, client, step, world.ledger));
    case 'group':
      return writing(world, () => performGroup(tab, client, step.writes, world.ledger));
    case 'sync':
      return client.sync().catch(() => undefined);
    case 'pause':
      return client.outbox.pause();
    case 'resume':
      return client.outbox.resume();
    case 'resolve':
      return resolveConflict(client, step);
    case 'letter':
      return disposeOf(world, client, step);
    case 'open':
      return;
  }
}

async function writing(world: World, write: () => Promise<void>): Promise<void> {
  const from = world.ledger.writes.length;
  const done = write();
  const writes = world.ledger.writes.slice(from);
  await done;
  for (const each of writes) world.told(each);
}

/** A person settles one of the conflicts in the inbox. */
export async function resolveConflict(
  client: SyncClient,
  {
    pick,
    choice,
    n,
  }: { readonly pick: number; readonly choice: 'local' | 'remote' | 'merged'; readonly n: number },
): Promise<void> {
  const inbox = client.conflicts.list();
  const conflict = inbox[pick % Math.max(1, inbox.length)];
  if (conflict === undefined) return;
  const { id, entity, entityId } = conflict;
  const seen = choice === 'merged' ? await client.collection(definitionOf(entity)).get(entityId) : undefined;
  const merged = { ...(seen ?? { id: entityId }), title: `m${n}` };
  await client.conflicts.resolve(id, choice === 'merged' ? { merged } : choice).catch(() => undefined);
}

async function disposeOf(
  world: World,
  client: SyncClient,
  { pick, verb, n }: Step & { readonly do: 'letter' },
): Promise<void> {
  const letters = client.outbox.deadLetters();
  const letter = letters[pick % Math.max(1, letters.length)];
  if (letter === undefined) return;
  const { id, kind, changes, entity } = letter.operation;
  if (verb === 'discard') {
    world.ledger.discard(id);
    await client.outbox.discard(id).catch((error: unknown) => {
      if (!isSyncError(error, 'internal')) world.ledger.discard(id, -1);
    });
  } else if (verb === 'edit' && kind === 'update' && entity !== 'tally') {
    await client.outbox.edit(id, [{ path: '/title', action: 'set', value: `e${n}` }]).catch(() => undefined);
  } else
    await (verb === 'edit' ? client.outbox.edit(id, changes) : client.outbox.retry(id)).catch(
      () => undefined,
    );
}

function strike(world: World, { fault, device: index, nth, ms }: FaultStep): void {
  const { clock, hub } = world;
  const device = world.devices[index];
  const link = world.links[index];
  if (device === undefined || link === undefined) return;
  const until = clock.now + ms;
  const count = () => device.faults.count(fault);
  switch (fault) {
    case 'partition':
    case 'partition-in':
    case 'partition-out':
      link.cutBy = fault;
      if (fault !== 'partition-in') link.cutUntil.out = until;
      if (fault !== 'partition-out') link.cutUntil.in = until;
      return;
    case 'token-expired':
      link.tokenLostUntil = until;
      link.renewable = ms % 2 === 0;
      return;
    case 'server-down':
      hub.downUntil = until;
      return;
    case 'server-restored':
      return world.restore();
    case 'server-compacted':
      count();
      return void hub.compact();
    case 'server-stop-before-commit':
    case 'server-stop-after-commit':
      return hub.faults.plan({ fault, nth, ms });
    case 'tab-killed': {
      const tab = device.tabs[nth % device.tabs.length];
      if (tab?.life !== undefined) count();
      if (tab !== undefined) device.stop(tab);
      return;
    }
    case 'device-killed':
      if (device.tabs.some(({ life }) => life !== undefined)) count();
      return device.stopAll();
    case 'disk-slow':
      device.slowUntil = until;
      return;
    case 'doorbell-lost':
      device.silentUntil = until;
      return;
    case 'clock-skewed':
      count();
      device.skewMs = (nth - 1) * ms * 288;
      return;
    case 'clock-jumped':
      count();
      device.skewMs += (nth - 1) * ms * 12;
      return;
    default:
      device.faults.plan({ fault, nth, ms });
  }
}
