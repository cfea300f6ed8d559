import type { OutboxEntry, OutboxOptions } from '../contracts/queue.js';
import type { SyncError } from '../errors.js';
import { Workbench } from './workbench.js';
import type { Context } from './context.js';
import type { ClientEvent } from './events.js';

type Limits = Pick<OutboxOptions, 'batchCount' | 'batchBytes'>;

/** How much is sent at a time: less once the server found it too much, until all is sent. */
export class BatchSize {
  readonly #full: Limits;
  limits: Limits;

  constructor(full: Limits) {
    this.#full = full;
    this.limits = full;
  }

  reset(): void {
    this.limits = this.#full;
  }

  /** After a batch that was too large: half of it from now on. Answers false where there is nothing to halve. */
  shrink(batch: readonly OutboxEntry[]): boolean {
    const units = new Set(batch.map(({ operation }) => operation.transaction?.id ?? operation.id));
    if (units.size < 2) {
      this.reset();
      return false;
    }
    const bytes = batch.reduce((sum, { operation }) => sum + JSON.stringify(operation).length, 0);
    this.limits = {
      batchCount: batch.length >> 1,
      batchBytes: Math.min(bytes, this.limits.batchBytes) >> 1,
    };
    return true;
  }
}

/** Makes dead letters of what is too large to go even alone. Resolves with what is to be told. */
export async function refuseAll(
  context: Context,
  batch: readonly OutboxEntry[],
  error: SyncError,
): Promise<readonly ClientEvent[]> {
  return context.committer.run(async (transaction) => {
    const workbench = new Workbench(context, transaction);
    await workbench.openFor(batch);
    for (const { operation } of batch)
      workbench.refuse(operation.id, { ...error.toJSON(), operationId: operation.id });
    await workbench.close();
    return workbench.events;
  });
}
