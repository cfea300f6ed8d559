import type { StorageSignals } from '../contracts/storage.js';
import { SyncError, toSyncError } from '../errors.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { newReplicaId, renewIdentity } from './identity.js';
import { migrateRecords } from './migrate.js';
import { startOver } from './pull.js';
import { putMeta } from './meta.js';
import { recordTable, tables, type ReplicaRow, type Table } from './rows.js';

/** Makes the store this replica's, and this user's; brings its rows to the present schema; fills the mirror. */
export async function openStore(context: Context, user: string | undefined): Promise<void> {
  const { committer, mirror, storage } = context;
  mirror.follow(
    (await storage.scan(tables.outbox)).map(({ id, value }) => ({ table: tables.outbox, id, value })),
  );
  await committer.run(async (transaction) => {
    const [stored] = await transaction.get(tables.meta, ['replica']);
    const replica = stored as ReplicaRow | undefined;
    if (replica === undefined) return putMeta(transaction, 'replica', newReplica(context, user));
    if (replica.user !== undefined && replica.user !== user) {
      refuseUnsent(context);
      await forget(context, transaction);
      return putMeta(transaction, 'replica', newReplica(context, user));
    }
    await migrateRecords(context, transaction, replica.versions);
    const next: ReplicaRow = {
      ...replica,
      ...newReplica(context, user),
      replica: replica.replica,
      counter: replica.counter,
    };
    const versions = { ...replica.versions, ...next.versions };
    const isSame = JSON.stringify({ ...next, versions }) === JSON.stringify(replica);
    if (!isSame) putMeta(transaction, 'replica', { ...next, versions });
  });
}

function newReplica({ entities, runtime }: Context, user: string | undefined): ReplicaRow {
  const versions = Object.fromEntries([...entities.values()].map(({ name, version }) => [name, version]));
  return {
    replica: newReplicaId(runtime.uuid()),
    counter: 0,
    versions,
    ...(user === undefined ? {} : { user }),
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
    context.emit({ kind: 'error', error: toSyncError(error) });
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
