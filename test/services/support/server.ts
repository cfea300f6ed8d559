import { createSyncServer } from 'syncline/server';
import { sqliteStore } from 'syncline/server-store/sqlite';
import { serveNode } from 'syncline/host/node';
import { note } from './note.js';

const [file = '', port = '0'] = process.argv.slice(2);
const server = createSyncServer({ entities: [note], store: sqliteStore({ file }), mode: 'development' });
const host = await serveNode(server, { port: Number(port) });
process.send?.(host.url);
