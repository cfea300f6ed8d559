import { sqliteStore } from 'syncline/server-store/sqlite';
import { noteKey, outcomeOf, recordOf } from '../../../adapters/testing/server-store-world.js';

/** Raises a counter in a file, one transaction after the other, and says so after each. Arguments: file, name, times. */
const [file = '', name = '', times = '0'] = process.argv.slice(2);
const store = sqliteStore({ file });
for (let at = 1; at <= Number(times); at++) {
  const count = await store.transact('s', async (transaction) => {
    const [present] = await transaction.load([noteKey('counter')]);
    const next = Number(present?.data['count'] ?? 0) + 1;
    const seq = await transaction.seq();
    const records = [recordOf('counter', seq, { data: { count: next } }), recordOf(`${name}-${at}`, seq)];
    await transaction.save(records);
    await transaction.recordOutcomes([outcomeOf(`${name}-${at}`, at)]);
    return next;
  });
  process.stdout.write(`${at} ${count}\n`);
}
await store.close();
