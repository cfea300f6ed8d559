import type { StorageSignals } from '../contracts/storage.js';
import { equalJson } from '../diff/canonical.js';
import { defined } from '../diff/shape.js';
import { SyncError } from '../errors.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { newReplicaId, renewIdentity } from './identity.js';
import { migrateRecords } from './migrate.js';
import { startOver } from './pull.js';
import { putMeta, readMeta } from './meta.js';
import { recordTable, tables, type ReplicaRow, type SchemaRow, type Table } from './rows.js';

/**
 * Makes the store this replica's, and this user's; brings its rows to the present schema; fills the mirror. Resolves with
 * the replica id.
 */
export async function openStore(context: Context, user: string | undefined): Promise<string> {
  const { committer, mirror, storage } = context;
  await committer.between(async () => {
    const rows = await storage.scan(tables.outbox);
    mirror.follow(rows.map(({ id, value }) => ({ table: tables.outbox, id, value })));
  });
  return committer.run(async (transaction) => {
    const [stored] = await transaction.get(tables.meta, ['replica']);
    const replica = stored as ReplicaRow | undefined;
    const { schema } = await readMeta(transaction, 'schema');
    if (replica === undefined) return begin(context, transaction, user);
    if (replica.user !== undefined && replica.user !== user) {
      refuseUnsent(context);
      await forget(context, transaction);
      return begin(context, transaction, user);
    }
    await migrateRecords(context, transaction, schema);
    if (user !== undefined && replica.user === undefined)
      putMeta(transaction, 'replica', { ...replica, user });
    const present = schemaOf(context);
    const versions = { ...schema.versions, ...present.versions };
    const excluded = { ...schema.excluded, ...present.excluded };
    if (!equalJson({ versions, excluded }, { excluded: {}, ...schema }))
      putMeta(transaction, 'schema', { versions, excluded });
    return replica.replica;
  });
}

/** Makes an empty store this user's, under a name that nobody has. */
function begin(context: Context, transaction: Transaction, user: string | undefined): string {
  const replica = newReplicaId(context.runtime.uuid());
  putMeta(transaction, 'replica', { replica, counter: 0, ...defined({ user }) });
  putMeta(transaction, 'schema', schemaOf(context));
  return replica;
}

function schemaOf({ entities }: Context): Required<SchemaRow> {
  const all = [...entities.values()];
  return {
    versions: Object.fromEntries(all.map(({ name, version }) => [name, version])),
    excluded: Object.fromEntries(all.map(({ name, local }) => [name, local?.exclude ?? []])),
  };
}

function refuseUnsent({ mirror }: Context): void {
  if (mirror.size === 0) return;
  throw new SyncError('pending-work', `this store holds ${mirror.size} unsent writes of another user`, {
    hint: "Give each user a store of their own, or close their client with pending 'drain', 'export' or 'discard' first.",
    details: { pending: mirror.size },
  });
}

/** Removes what the user before left here; nothing of it was unsent. */
async function forget({ entities }: Context, transaction: Transaction): Promise<void> {
  for (const table of [tables.history as Table<unknown>, ...[...entities.keys()].map(recordTable)]) {
    for (const id of (await transaction.all(table)).keys()) transaction.delete(table, id);
  }
  await transaction.get(tables.meta, ['sync', 'sent']);
  for (const id of ['sync', 'sent']) transaction.delete(tables.meta, id);
}

/** What a storage says about data that was here before. */
export type Loss = Parameters<NonNullable<StorageSignals['lost']>>[0];

/** After a loss that was found before anybody could listen: tells of it as soon as somebody can. */
export async function recoverFromEarlyLoss(context: Context, losses: readonly Loss[]): Promise<void> {
  if (losses.length === 0) return;
  const replica = await distrust(context);
  context.runtime.setTimer(0, () => {
    for (const loss of losses) context.emit({ kind: 'storage-lost', ...loss });
    context.emit({ kind: 'identity-changed', replica });
  });
}

/** After a loss that was found while the client is open. A store that is gone cannot be mended: that is told too. */
export async function recoverFromLoss(context: Context, loss: Loss): Promise<void> {
  context.emit({ kind: 'storage-lost', ...loss });
  try {
    context.emit({ kind: 'identity-changed', replica: await distrust(context) });
  } catch (error) {
    context.report(error);
  }
}

/** Nothing here is taken for complete: all is pulled again. Resolves with the new replica id. */
function distrust(context: Context): Promise<string> {
  return context.committer.run(async (transaction) => {
    await startOver(transaction);
    // The counter may have gone back with what was lost: under the old name it could be used twice.
    return renewIdentity(context, transaction);
  });
}
