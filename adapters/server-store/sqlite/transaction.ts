import type { ServerRecord, StoreTransaction } from 'syncline/server';
import { named } from '../../shared/sqlite.js';
import { outcomeToRow, recordToRow, rowToOutcome, rowToRecord } from './rows.js';
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
    load: async (keys) => named(() => loadRecords(statements, space, keys)),
    async seq() {
      given ??= named(() => (statements.raiseHead.get(space) as { readonly head: number }).head);
      return given;
    },
    save: async (records) =>
      named(() => statements.save(records.map((record) => recordToRow(space, record)))),
    findOutcomes: async (operationIds) =>
      named(() => {
        const rows = statements.findOutcomes.all(space, JSON.stringify(operationIds));
        return new Map(rows.map(rowToOutcome).map((outcome) => [outcome.operation.id, outcome]));
      }),
    recordOutcomes: async (outcomes) =>
      named(() => {
        const { head } = boundsOf(statements, space);
        statements.recordOutcomes(outcomes.map((outcome) => outcomeToRow(space, head, outcome)));
      }),
  };
}

function loadRecords(
  statements: Statements,
  space: string,
  keys: Parameters<StoreTransaction['load']>[0],
): (ServerRecord | undefined)[] {
  const found = new Map<string, Map<string, ServerRecord>>();
  for (const { entity } of keys) {
    if (found.has(entity)) continue;
    const ids = keys.filter((key) => key.entity === entity).map(({ id }) => id);
    const records = statements.load.all(space, entity, JSON.stringify(ids)).map(rowToRecord);
    found.set(entity, new Map(records.map((record) => [record.id, record])));
  }
  return keys.map(({ entity, id }) => found.get(entity)?.get(id));
}
