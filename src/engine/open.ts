import { SyncError } from '../errors.js';
import type { Context } from './context.js';
import { newReplicaId, renewIdentity } from './identity.js';
import { migrateRecords } from './migrate.js';
import { startOver } from './pull.js';
import { tables, toRow, type ReplicaRow, type SyncRow } from './rows.js';

/** Makes the store this replica's, and this user's; brings its rows to the present schema; fills the mirror. */
export async function openStore(context: Context, user: string | undefined): Promise<void> {
  const { committer, runtime, mirror, storage, entities } = context;
  mirror.follow(
    (await storage.scan(tables.outbox)).map(({ id, value }) => ({ table: tables.outbox, id, value })),
  );
  await committer.run(async (transaction) => {
    const [row] = await transaction.get(tables.meta, ['replica']);
    const versions = Object.fromEntries([...entities.values()].map(({ name, version }) => [name, version]));
    if (row === undefined) {
      const fresh: ReplicaRow = {
        replica: newReplicaId(runtime.uuid()),
        counter: 0,
        versions,
        ...(user === undefined ? {} : { user }),
      };
      transaction.put(tables.meta, 'replica', toRow(fresh));
      return;
    }
    const replica = row as unknown as ReplicaRow;
    checkUser(context, replica, user);
    await migrateRecords(context, transaction, replica.versions);
    const next: ReplicaRow = {
      ...replica,
      versions: { ...replica.versions, ...versions },
      ...(user === undefined ? {} : { user }),
    };
    if (JSON.stringify(next) !== JSON.stringify(replica))
      transaction.put(tables.meta, 'replica', toRow(next));
  });
}

function checkUser({ mirror }: Context, replica: ReplicaRow, user: string | undefined): void {
  if (replica.user === user || replica.user === undefined) return;
  throw new SyncError(
    'pending-work',
    `this store belongs to another user and holds ${mirror.size} of their unsent writes`,
    {
      hint: "Give each user a store of their own, or close this one's client with pending 'drain', 'export' or 'discard' first.",
      details: { pending: mirror.size },
    },
  );
}

/** After the platform lost or damaged data: nothing here is taken for complete. All is pulled again. */
export async function recoverFromLoss(
  context: Context,
  losses: readonly { readonly reason: string; readonly quarantined: number }[],
): Promise<void> {
  if (losses.length === 0) return;
  const replica = await context.committer.run(async (transaction) => {
    const [row] = await transaction.get(tables.meta, ['sync']);
    if (row !== undefined) transaction.put(tables.meta, 'sync', toRow(startOver(row as unknown as SyncRow)));
    // The counter may have gone back with what was lost: under the old name it could be used twice.
    return renewIdentity(context, transaction);
  });
  context.runtime.setTimer(0, () => {
    for (const loss of losses) context.emit({ kind: 'storage-lost', ...loss });
    context.emit({ kind: 'identity-changed', replica });
  });
}
