import Database from 'libsql';
import { sqliteStorage } from 'syncline/storage/sqlite';

/**
 * Writes groups of rows across two tables, and says of each that it was acknowledged, until it is killed. Arguments: the
 * file, the first number.
 */
const [file = '', from = '0'] = process.argv.slice(2);
const storage = sqliteStorage({ database: () => new Database(file), pollMs: 0 });
await storage.open({ notes: { indexes: { group: '/group' } }, outbox: { indexes: {} } });
process.send?.('open');
for (let group = Number(from); ; group++) {
  await storage.commit([
    ...[0, 1, 2].map((part) => ({
      table: 'notes',
      id: `${group}-${part}`,
      value: { group, text: 'x'.repeat((group * 37) % 3_000) },
    })),
    { table: 'outbox', id: `${group}`, value: { group } },
    { table: 'outbox', id: `${group - 5}` },
  ]);
  process.send?.(group);
}
