import type { StoreTransaction } from 'syncline/server';
import { named } from '../../shared/sqlite.js';
import { recordToRow, rowToOutcome, rowToRecord } from './rows.js';
import type { Statements } from './statements.js';

interface Bounds {
  readonly head: number;
  readonly horizon: number;
}

export function boundsOf(statements: Statements, space: string): Bounds {
  const row = statements.bounds.get(space) as Bounds | undefined;
  return { head: row?.head ?? 0, horizon: row?.horizon ?? 0 };
}

/** What work on a space may do while its SQL transaction is open. */
export function openTransaction(statements: Statements, space: string): StoreTransaction {
  let given: number | undefined;
  return {
    load: async (keys) =>
      named(() =>
        keys.map(({ entity, id }) => {
          const row = statements.load.get(space, entity, id);
          return row === undefined ? undefined : rowToRecord(row);
        }),
      ),
    async seq() {
      given ??= named(() => (statements.raiseHead.get(space) as { readonly head: number }).head);
      return given;
    },
    save: async (records) =>
      named(() => {
        for (const record of records) statements.save.run(...recordToRow(space, record));
      }),
    findOutcomes: async (operationIds) =>
      named(() => {
        const rows = operationIds
          .map((id) => statements.findOutcome.get(space, id))
          .filter((row) => row !== undefined);
        return new Map(rows.map(rowToOutcome).map((outcome) => [outcome.operation.id, outcome]));
      }),
    recordOutcomes: async (outcomes) =>
      named(() => {
        const { head } = boundsOf(statements, space);
        for (const { operation, result, at } of outcomes) {
          const texts = [JSON.stringify(operation), JSON.stringify(result)];
          statements.recordOutcome.run(space, operation.id, result.status, at, head, ...texts);
        }
      }),
  };
}
