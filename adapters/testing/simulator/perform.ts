import { isSyncError, type SyncClient } from 'syncline';
import type { Tab } from './device.js';
import { createRandom } from './random.js';
import type { Step } from './steps.js';
import { tellStep } from './telling.js';
import type { World } from './world.js';
import { performGroup, performWrite } from './writing.js';

type FaultStep = Step & { readonly do: 'fault' };

/** Starts what a step says. Nothing is waited for: what it leads to happens while time passes. */
export function perform(world: World, step: Step): void {
  if (step.do === 'fault') return strike(world, step);
  if (step.do === 'backup') {
    world.timeline.add(() => ({ kind: 'note', text: tellStep(step) }));
    return world.hub.backUp();
  }
  const tab = world.tabs[step.tab];
  if (tab === undefined) return;
  world.timeline.add(() => ({ ...tab.place, kind: 'act', text: tellStep(step) }));
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
      return writing(world, tab, () => performWrite(tab, client, step, world.desk));
    case 'group':
      return writing(world, tab, () => performGroup(tab, client, step.writes, world.desk));
    case 'sync':
      return client.sync().catch(() => undefined);
    case 'pause':
      return client.outbox.pause();
    case 'resume':
      return client.outbox.resume();
    case 'resolve':
      if (client.conflicts.list().length === 0) return tellNone(world, tab, 'conflict');
      return resolveConflict(world, client, step);
    case 'letter':
      if (client.outbox.deadLetters().length === 0) return tellNone(world, tab, 'dead letter');
      return disposeOf(world, client, step);
    case 'open':
      return;
  }
}

function tellNone(world: World, tab: Tab, what: string): void {
  world.timeline.add(() => ({ ...tab.place, kind: 'note', text: `there is no ${what}` }));
}

async function writing(world: World, tab: Tab, write: () => Promise<void>): Promise<void> {
  const from = world.ledger.writes.length;
  const done = write();
  const writes = world.ledger.writes.slice(from);
  await done;
  for (const each of writes) world.told(tab, each);
}

/** A person settles one of the conflicts in the inbox. */
export async function resolveConflict(
  { desk }: World,
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
  const { definition, settle } = desk.entityOf(entity);
  const shown = choice === 'merged' ? await client.collection(definition).get(entityId) : undefined;
  const merged = () => settle(createRandom(`${desk.seed}/settle ${n}`), entityId, shown);
  const resolution = choice === 'merged' ? { merged: merged() } : choice;
  await client.conflicts.resolve(id, resolution).catch(() => undefined);
}

async function disposeOf(
  { desk }: World,
  client: SyncClient,
  { pick, verb, n }: Step & { readonly do: 'letter' },
): Promise<void> {
  const letters = client.outbox.deadLetters();
  const letter = letters[pick % Math.max(1, letters.length)];
  if (letter === undefined) return;
  const { operation } = letter;
  if (verb === 'discard') {
    desk.ledger.discard(operation.id);
    await client.outbox.discard(operation.id).catch((error: unknown) => {
      if (!isSyncError(error, 'internal')) desk.ledger.discard(operation.id, -1);
    });
    return;
  }
  const { amend } = desk.entityOf(operation.entity);
  const changes = amend?.(operation, createRandom(`${desk.seed}/amend ${n}`)) ?? operation.changes;
  await (
    verb === 'edit' ? client.outbox.edit(operation.id, changes) : client.outbox.retry(operation.id)
  ).catch(() => undefined);
}

function strike(world: World, { fault, device: index, nth, ms }: FaultStep): void {
  const { clock, hub } = world;
  const device = world.devices[index];
  const link = world.links[index];
  if (device === undefined || link === undefined) return;
  const until = clock.now + ms;
  const tell = (text: string = fault) => world.timeline.add(() => ({ device: index, kind: 'fault', text }));
  const lasts = () => tell(`${fault} for ${(ms / 1_000).toFixed(1)} s`);
  const count = () => {
    device.faults.count(fault);
    tell();
  };
  switch (fault) {
    case 'partition':
    case 'partition-in':
    case 'partition-out':
      link.cutBy = fault;
      if (fault !== 'partition-in') link.cutUntil.out = until;
      if (fault !== 'partition-out') link.cutUntil.in = until;
      return lasts();
    case 'token-expired':
      link.tokenLostUntil = until;
      link.renewable = ms % 2 === 0;
      return lasts();
    case 'server-down':
      hub.downUntil = until;
      return world.timeline.add(() => ({ kind: 'fault', text: `away for ${(ms / 1_000).toFixed(1)} s` }));
    case 'server-restored':
      return world.restore();
    case 'server-compacted':
      device.faults.count(fault);
      world.timeline.add(() => ({ kind: 'fault', text: fault }));
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
      return lasts();
    case 'doorbell-lost':
      device.silentUntil = until;
      return lasts();
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
