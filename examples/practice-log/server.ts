import { createSyncServer, type ServerStore, type SyncServer } from 'syncline/server';
import { sqliteStore } from 'syncline/server-store/sqlite';
import { importLimits } from './import.js';
import { entities } from './piece.js';

/** The sync server of the demo over one SQLite file. */
export function createDemoServer(file: string): { readonly server: SyncServer; readonly store: ServerStore } {
  const store = sqliteStore({ file });
  const server = createSyncServer({
    entities,
    store,
    limits: importLimits,
    // One machine and one musician: nobody to tell apart. A real service passes `authenticate` and `authorize`.
    mode: 'development',
    onError: (error) => console.error(error),
  });
  return { server, store };
}
