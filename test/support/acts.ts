import fc from 'fast-check';
import { isSyncError, type SyncClient } from 'syncline';
import { task } from './world.js';

/** One write of a program. `mark` is a tag that no other act adds, so that its effect can be looked for. */
export interface Act {
  readonly kind: 'create' | 'title' | 'count' | 'pair' | 'delete';
  readonly mark: string;
  /** Records it is about; a pair is about both. */
  readonly id: string;
  readonly other: string;
}

const ids = ['a', 'b', 'c'] as const;

/** Creates all records that the acts below are about. */
export const creations: readonly Act[] = ids.map((id) => ({
  kind: 'create',
  mark: `new-${id}`,
  id,
  other: id,
}));

/** Acts of the kinds given, on few records, so that they meet. */
export function acts(
  kinds: readonly Act['kind'][],
  size: { readonly minLength: number; readonly maxLength: number },
): fc.Arbitrary<Act[]> {
  const one = fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(ids.length - 1) });
  return fc.array(one, size).map((picked) =>
    picked.map(({ kind, pick }, at) => ({
      kind,
      mark: `m${at}`,
      id: ids[pick] ?? 'a',
      other: ids[(pick + 1) % ids.length] ?? 'b',
    })),
  );
}

/** Does an act. False where the state makes it pointless: no such record, or one that is there already. */
export async function perform(client: SyncClient, { kind, mark, id, other }: Act): Promise<boolean> {
  const tasks = client.collection(task);
  try {
    if (kind === 'create') await tasks.create({ id, title: mark, minutes: 0, tags: [mark] });
    else if (kind === 'title') await tasks.update(id, (draft) => void (draft.title = mark));
    else if (kind === 'delete') await tasks.delete(id);
    else if (kind === 'count')
      await client.transaction((tx) => {
        tx.collection(task).increment(id, 'minutes');
        tx.collection(task).add(id, 'tags', [mark]);
      });
    else
      await client.transaction((tx) => {
        for (const each of [id, other]) {
          tx.collection(task).increment(each, 'minutes');
          tx.collection(task).add(each, 'tags', [mark]);
        }
      });
    return true;
  } catch (error) {
    if (isSyncError(error, 'not-found') || isSyncError(error, 'conflict')) return false;
    throw error;
  }
}
