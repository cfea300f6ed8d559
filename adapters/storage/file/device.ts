import { stat } from 'node:fs/promises';
import { SyncError, type LogContents, type LogDevice, type LogSignals } from 'syncline';
import { isMissing, toStorageError } from './failure.js';
import { canonicalPath } from './files.js';
import { Journal } from './journal.js';

/** The open journals of this process by path: its devices share one, and the claim on the file is the process's. */
const journals = new Map<string, Journal>();

/** Opening and closing of journals, one after the other. */
let turn: Promise<unknown> = Promise.resolve();

export class FileDevice implements LogDevice {
  readonly #file: string;
  #signals: LogSignals = {};
  #journal: Journal | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  open(signals: LogSignals = {}): Promise<void> {
    return inTurn('opening the log', async () => {
      const path = await canonicalPath(this.#file);
      const journal = journals.get(path) ?? (await Journal.open(path));
      journals.set(path, journal);
      this.#signals = { ...signals };
      journal.join(this.#signals);
      this.#journal = journal;
    });
  }

  async read(after: number): Promise<LogContents> {
    return this.#opened().read(after);
  }

  async append(payload: string, { after }: { readonly after: number }): Promise<boolean> {
    return this.#opened().append(payload, after, this.#signals);
  }

  async compact(snapshot: readonly string[], upTo: number): Promise<boolean> {
    return this.#opened().compact(snapshot, upTo);
  }

  close(): Promise<void> {
    const journal = this.#journal;
    this.#journal = undefined;
    return inTurn('closing the log', async () => {
      if (journal === undefined || !journal.leave(this.#signals) || !forget(journal)) return;
      await journal.close();
    });
  }

  async destroy(): Promise<void> {
    await this.close();
    await inTurn('removing the log', async () => {
      const path = await canonicalPath(this.#file);
      const journal = journals.get(path) ?? (await openIfThere(path));
      if (journal === undefined) return;
      forget(journal);
      await journal.destroy();
    });
  }

  #opened(): Journal {
    if (this.#journal === undefined) throw new SyncError('storage-closed', `'${this.#file}' is not open`);
    return this.#journal;
  }
}

async function openIfThere(path: string): Promise<Journal | undefined> {
  try {
    await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return Journal.open(path);
}

/** False where it was forgotten before: somebody has removed the log. */
function forget(journal: Journal): boolean {
  for (const [path, known] of journals) if (known === journal) return journals.delete(path);
  return false;
}

function inTurn<T>(doing: string, work: () => Promise<T>): Promise<T> {
  const done = turn.then(work);
  turn = done.catch(() => undefined);
  return done.catch((error: unknown) => {
    throw toStorageError(error, doing);
  });
}
