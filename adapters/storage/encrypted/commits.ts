import type { Json, RowRef, RowRevision, StorageAdapter, StorageWrite } from 'syncline';
import { jsonOf } from '../../shared/rows.js';
import { headerId, headerTable, isHeaderMoved, type Keyring } from './keyring.js';

type Committed = Awaited<ReturnType<StorageAdapter['commit']>>;

export interface CommitsSetup {
  readonly inner: StorageAdapter;
  /** The newest that is known here. */
  keyring(): Keyring;
  /** Reads the header again. */
  refresh(): Promise<void>;
  seal(keyring: Keyring, row: RowRef, text: string): Promise<Json>;
}

/** A write as it was when it was issued; without `text` the row is deleted. */
interface Draft {
  readonly write: Omit<StorageWrite, 'value'>;
  readonly text: string | undefined;
}

interface Sealing {
  /** Revision of the header that is named. */
  readonly header: number;
  readonly sealed: Promise<readonly [StorageWrite[], readonly RowRevision[]]>;
}

interface Issued extends Sealing {
  readonly drafts: readonly Draft[];
  readonly reads: readonly RowRevision[];
  readonly resolve: (result: Committed) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Brings commits to the storage below, sealed, and in the order in which they were issued.
 *
 * Each names the header as a row that it has read: one that was sealed before the keys or the indexes changed fails as
 * a whole, and is sealed again. Those that go together name one header: none can get past one that has to come again.
 */
export class Commits {
  readonly #setup: CommitsSetup;
  #queue: Issued[] = [];
  #draining: Promise<void> | undefined;

  constructor(setup: CommitsSetup) {
    this.#setup = setup;
  }

  issue(writes: readonly StorageWrite[], reads: readonly RowRevision[]): Promise<Committed> {
    return new Promise((resolve, reject) => {
      const drafts = writes.map(toDraft);
      this.#queue.push({ drafts, reads, ...this.#seal(drafts, reads), resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when all that was issued has settled. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const round = this.#nextRound();
      const sealed = await Promise.allSettled(round.map((issued) => issued.sealed));
      const outcomes = await Promise.allSettled(
        sealed.map(async (each) => {
          if (each.status === 'rejected') throw each.reason;
          return this.#setup.inner.commit(...each.value);
        }),
      );
      const stale = round.filter((issued, at) => !isSettled(issued, outcomes[at]));
      if (stale.length > 0) await this.#repeat(stale);
    }
    this.#draining = undefined;
  }

  #nextRound(): Issued[] {
    const next = this.#queue.findIndex(({ header }) => header !== this.#queue[0]?.header);
    return this.#queue.splice(0, next < 0 ? Infinity : next);
  }

  async #repeat(stale: readonly Issued[]): Promise<void> {
    try {
      await this.#setup.refresh();
      const again = stale.map((issued) => ({ ...issued, ...this.#seal(issued.drafts, issued.reads) }));
      this.#queue = [...again, ...this.#queue];
    } catch (error) {
      for (const { reject } of stale) reject(error);
    }
  }

  #seal(drafts: readonly Draft[], reads: readonly RowRevision[]): Sealing {
    const keyring = this.#setup.keyring();
    const header = { table: headerTable, id: headerId, revision: keyring.revision };
    const named = drafts.length > 0 ? [...reads, header] : reads;
    const writes = drafts.map(async ({ write, text }) =>
      text === undefined ? write : { ...write, value: await this.#setup.seal(keyring, write, text) },
    );
    const sealed = Promise.all(writes).then((all) => [all, named] as const);
    // Whoever waits for it hears of it in turn.
    sealed.catch(() => undefined);
    return { header: keyring.revision, sealed };
  }
}

/** Tells the one who issued it; a commit that only came too late for the header is not settled. */
function isSettled(
  { resolve, reject }: Issued,
  outcome: PromiseSettledResult<Committed> | undefined,
): boolean {
  if (outcome?.status === 'fulfilled') resolve(outcome.value);
  else if (isHeaderMoved(outcome?.reason)) return false;
  else reject(outcome?.reason);
  return true;
}

/** Named one by one: whatever else a write may say, now or in a later release, must not go along in clear. */
function toDraft({ table, id, value, ifRevision }: StorageWrite): Draft {
  const write = { table, id, ...(ifRevision === undefined ? {} : { ifRevision }) };
  return { write, text: value === undefined ? undefined : jsonOf(value, `${table}/${id}`) };
}
