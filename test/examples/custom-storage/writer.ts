import { ClassicLevel } from 'classic-level';
import { levelStorage } from '../../../examples/custom-storage/level-storage.js';
import { LevelStore } from '../../../examples/custom-storage/store.js';

/** Writes rows in pairs, and says the number of each pair once it is durable; until it is killed. */
const path = process.argv[2] ?? '';
const storage = levelStorage({ store: new LevelStore(() => new ClassicLevel(path)) });
await storage.open({ notes: { indexes: { due: '/due' } }, outbox: { indexes: {} } });
for (let due = 0; ; due++) {
  await storage.commit([
    { table: 'notes', id: `n${due}`, value: { due } },
    { table: 'outbox', id: `o${due}`, value: due },
  ]);
  process.stdout.write(`${due}\n`);
}
