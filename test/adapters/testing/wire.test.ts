import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SyncServerOptions } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { sqliteStore } from 'syncline/server-store/sqlite';
import { wireCases } from 'syncline/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { serve, type Served } from './wire-world.js';

const folder = mkdtempSync(join(tmpdir(), 'syncline-wire-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Spaces go by name here, so that each case has one of its own. */
const anySpace = (_: unknown, requested: string | undefined) => requested ?? 'default';

const servers: Record<string, () => Partial<SyncServerOptions>> = {
  'a server that knows the entity, in memory': () => ({ store: memoryStore(), space: anySpace }),
  'a server that knows the entity, in SQLite': () => ({
    store: sqliteStore({ file: join(folder, 'a.db') }),
    space: anySpace,
  }),
  'a server that compares clocks': () => ({ entities: [], unknownEntities: 'compare', space: anySpace }),
  'a server with one space for its caller': () => ({}),
};

describe.each(Object.entries(servers))('%s', (_, options) => {
  let served: Served;
  beforeAll(async () => {
    served = await serve(options());
  });
  afterAll(() => served.close());

  it.each(wireCases.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => run(served.setup));
});
