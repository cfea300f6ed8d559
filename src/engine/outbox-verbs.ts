import type { Observable } from 'rxjs';
import type { EntityDefinition } from '../contracts/entity.js';
import type { JsonObject } from '../contracts/json.js';
import type { FieldChange, Operation, SyncRecord } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { stampReplica } from '../causality/stamp.js';
import { toJson } from '../diff/json.js';
import { parsePointer } from '../diff/pointer.js';
import { defined } from '../diff/shape.js';
import { SyncError } from '../errors.js';
import { fold, refuseInvalid } from './lane.js';
import { Workbench } from './workbench.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { watchOutbox } from './live.js';
import { author, hopeless, type WriteOptions } from './operations.js';
import { putMeta, readMeta } from './meta.js';
import { migrateData } from './migrate.js';
import { tables } from './rows.js';
import type { SyncLoop } from './sync-loop.js';
import { correctedNow } from './time.js';

/** How many entries the outbox has, by where they stand. `oldestPendingAt`: wall-clock time, ms. */
export interface OutboxStats {
  readonly pending: number;
  readonly accepted: number;
  readonly conflicts: number;
  readonly deadLetters: number;
  readonly oldestPendingAt?: number;
}

/** The durable queue of writes the server has not accepted, with the verbs that dispose of what was refused. */
export interface Outbox {
  /** All that waits, is parked or is dead, in the order of writing. */
  list(): readonly OutboxEntry[];
  /** The list, now and whenever it changes. */
  watch(): Observable<readonly OutboxEntry[]>;
  /** Refused for good, in the order of writing. */
  deadLetters(): readonly OutboxEntry[];
  stats(): OutboxStats;
  /** Stops sending until `resume`. Writes stay durable. */
  pause(): void;
  /** Goes on after `pause`, or after new credentials when the status is `paused` for `auth`. */
  resume(): void;
  /** Sends a dead letter again, at the end of its lane. Resolves with the new operation's id. */
  retry(id: string): Promise<string>;
  /** Sends a dead letter again with other changes. Rejects with `validation` for what the schema would refuse. */
  edit(id: string, changes: readonly FieldChange[]): Promise<string>;
  /** Gives an operation up: a dead letter, or one that was certainly never sent. */
  discard(id: string): Promise<void>;
  /** All entries as JSON text, for a file or a support case. */
  export(): string;
}

export function createOutbox(context: Context, loop: SyncLoop): Outbox {
  const { mirror } = context;
  return {
    list: () => mirror.entries(),
    watch: () => watchOutbox(context, () => mirror.entries()),
    deadLetters: () => mirror.entries().filter(({ state }) => state === 'dead'),
    stats: () => {
      const { counts, oldestPendingAt } = mirror;
      return {
        pending: counts.pending + counts.contested,
        accepted: counts.accepted,
        conflicts: counts.conflict,
        deadLetters: counts.dead,
        ...defined({ oldestPendingAt }),
      };
    },
    pause: () => loop.pause('user'),
    resume: () => loop.resume(),
    retry: (id) => sendAgain(context, id, undefined),
    edit: async (id, changes) => {
      for (const { path } of changes) parsePointer(path);
      return sendAgain(context, id, toJson(changes, { copies: true }) as unknown as readonly FieldChange[]);
    },
    discard: (id) => discard(context, id),
    export: () =>
      JSON.stringify({ format: 'syncline-outbox', version: 1, entries: mirror.entries() }, null, 2),
  };
}

/** Read in the commit that disposes of it: another tab may have been faster. */
async function deadLetter(transaction: Transaction, id: string): Promise<OutboxEntry> {
  const [entry] = await transaction.get(tables.outbox, [id]);
  if (entry?.state === 'dead') return entry;
  throw new SyncError('not-found', `${id} is no dead letter`, {
    operationId: id,
    hint: 'See client.outbox.deadLetters().',
  });
}

/** A dead letter as a new operation: new id and counter, written over what the author sees now. */
async function sendAgain(
  context: Context,
  id: string,
  changes: readonly FieldChange[] | undefined,
): Promise<string> {
  return context.committer.run(async (transaction) => {
    const letter = await deadLetter(transaction, id);
    const { operation: old } = letter;
    const { replica: present, sync } = await readMeta(transaction, 'replica', 'sync');
    const workbench = new Workbench(context, transaction);
    await workbench.openFor([letter]);
    const lane = workbench.lane(old);
    if (lane === undefined)
      throw new SyncError('validation', `unknown entity '${old.entity}'`, { operationId: id });
    if (changes !== undefined) lane.definition.local?.refuse(old.entity, changes);
    const view = fold(lane.definition, lane.base, lane.entries);
    const { operation: fresh, replica } = author(
      present,
      { kind: old.kind, changes: changes ?? changesToday(lane.definition, old) },
      {
        definition: lane.definition,
        id: old.entityId,
        view,
        now: correctedNow(context.runtime, sync),
        uuid: context.runtime.uuid(),
        options: await optionsOf(transaction, old),
      },
    );
    // The clock stays what the author had seen then, so that what happened since is merged and not overwritten.
    const operation: Operation = { ...fresh, clock: { ...old.clock, ...ownCounter(fresh) }, replaces: id };
    if (changes !== undefined) refuseEdit(lane.definition, view, operation);
    const { enqueuedAt } = letter;
    workbench.replace(
      lane,
      { operation, state: 'pending', order: replica.counter, enqueuedAt, attempts: 0 },
      id,
    );
    await workbench.close();
    putMeta(transaction, 'replica', replica);
    return operation.id;
  });
}

/** What the server would refuse must not take the place of what was written first. */
function refuseEdit(definition: EntityDefinition, view: SyncRecord | undefined, operation: Operation): void {
  const { kind, changes, replaces: operationId = '' } = operation;
  const options = { operationId, hint: 'The dead letter is as it was.' };
  if (kind !== 'update' && (changes.length !== 1 || changes[0]?.path !== ''))
    throw new SyncError('validation', `a ${kind} is one change at the root`, options);
  refuseInvalid(definition, view, operation, options);
}

/** The changes of an operation that was written under this schema version or an older one. */
function changesToday(
  definition: EntityDefinition,
  { kind, changes, schemaVersion, id }: Operation,
): readonly FieldChange[] {
  const [root] = changes;
  if (kind === 'delete' || schemaVersion === definition.version) return changes;
  if (kind === 'create' && root !== undefined)
    return [{ ...root, value: migrateData(definition, root.value as JsonObject, schemaVersion) }];
  throw new SyncError('version', `${id} was written under schema version ${schemaVersion}`, {
    operationId: id,
    hint: 'Say what it means today: client.outbox.edit.',
  });
}

/** As it was written; but what is in the outbox no more is accepted or given up, and not to be waited for. */
async function optionsOf(
  transaction: Transaction,
  { dependsOn = [], priority = 0, meta }: Operation,
): Promise<WriteOptions> {
  const needed = (await transaction.get(tables.outbox, dependsOn)).filter((entry) => entry !== undefined);
  const dead = needed.find(({ state }) => state === 'dead');
  if (dead !== undefined) throw hopeless(dead.operation.id);
  const ids = needed.length === 0 ? undefined : needed.map(({ operation }) => operation.id);
  return { priority, ...defined({ dependsOn: ids, meta }) };
}

function ownCounter({ clock, stamp }: Operation): Record<string, number> {
  const replica = stampReplica(stamp);
  return { [replica]: clock[replica] ?? 0 };
}

async function discard(context: Context, id: string): Promise<void> {
  const { committer, mirror } = context;
  if (mirror.get(id) === undefined) {
    throw new SyncError('not-found', `${id} is not in the outbox`, { operationId: id });
  }
  if (mirror.get(id)?.state !== 'dead')
    await committer.run((transaction) => giveUp(context, transaction, id));
  await committer.run(async (transaction) => {
    await deadLetter(transaction, id);
    transaction.delete(tables.outbox, id);
  });
}

/** Makes a dead letter of a write that waits, with all that goes with it. */
async function giveUp(context: Context, transaction: Transaction, id: string): Promise<void> {
  const [entry] = await transaction.get(tables.outbox, [id]);
  if (entry === undefined || entry.state === 'dead') return;
  const { sent } = await readMeta(transaction, 'sent');
  if (entry.state === 'accepted' || (entry.state !== 'conflict' && sent.ids.includes(id))) {
    throw new SyncError('conflict', `${id} may have reached the server already`, {
      operationId: id,
      hint: 'Undo it with another write.',
    });
  }
  const workbench = new Workbench(context, transaction);
  await workbench.openFor([entry]);
  workbench.refuse(id, { code: 'rejected', message: 'given up by the user', operationId: id });
  await workbench.close();
}
