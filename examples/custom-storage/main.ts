import { ClassicLevel } from 'classic-level';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSyncClient, defineEntity } from 'syncline';
import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { loopbackTransport } from 'syncline/transport/loopback';
import { z } from 'zod';
import { levelStorage } from './level-storage.js';
import { LevelStore } from './store.js';

const note = defineEntity({
  name: 'note',
  schema: z.object({ id: z.string(), text: z.string(), due: z.number() }),
  indexes: ['due'],
});
const server = createSyncServer({ entities: [note], store: memoryStore(), mode: 'development' });
const folder = mkdtempSync(join(tmpdir(), 'syncline-level-'));

/** A client as it starts: over what is in the folder. */
function start() {
  const store = new LevelStore(() => new ClassicLevel(folder));
  return createSyncClient({
    entities: [note],
    storage: levelStorage({ store }),
    transport: loopbackTransport(server, { identity: { id: 'ada' } }),
    auto: false,
  });
}

const first = await start();
await first.collection(note).create({ id: 'a', text: 'buy strings', due: 2 });
await first.collection(note).create({ id: 'b', text: 'call the tuner', due: 1 });
await first.close();

const again = await start();
console.log('after a restart, by due:', await again.collection(note).list({ orderBy: 'due' }));
await again.sync();
console.log('after a sync:', again.status().state);
await again.close();
rmSync(folder, { recursive: true });
