import { createSyncClient, isSyncError, type ClientEvent, type Collection, type SyncClient } from 'syncline';
import { browserPlatform } from 'syncline/platform/browser';
import { idbStorage } from 'syncline/storage/idb';
import { httpTransport } from 'syncline/transport/http';
import { item, type Item } from './entities.js';

export interface LabOptions {
  /** Name of the database. */
  readonly store: string;
  /** Whether to write from the start, until the page ends. */
  readonly write?: boolean;
  /** Without it every tab sends. Default true. */
  readonly lease?: boolean;
  readonly auto?: boolean;
  readonly limitMs?: number;
  readonly pollIntervalMs?: number;
}

/** What the tests reach for in the page, as `lab`. */
export class Lab {
  readonly client: SyncClient;
  readonly items: Collection<Item>;
  readonly events: ClientEvent[] = [];
  #isStopped = false;
  #writing: Promise<void> | undefined;

  constructor(client: SyncClient) {
    this.client = client;
    this.items = client.collection(item);
    client.events$.subscribe((event) => this.events.push(event));
  }

  /** Writes until the page ends, and reports each write that was acknowledged; every other one steps the sum. */
  writeOn(): void {
    this.#writing = this.#write();
  }

  /** Resolves when the last write was reported. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    const run = crypto.randomUUID().slice(0, 8);
    for (let step = 0; !this.#isStopped; step++) {
      const id = step % 2 === 0 ? `${run}-${step}` : `${run}-${step}-sum`;
      if (step % 2 === 0) await this.items.create({ id, text: 'x'.repeat(100) });
      else await this.step(id);
      await window.acknowledge(id);
    }
  }

  /** One item and one step of the sum, with one fate. */
  async step(id: string): Promise<void> {
    await this.client.transaction((tx) => {
      const items = tx.collection(item);
      items.create({ id });
      items.increment('sum', 'n', 1);
    });
  }

  /** Text that does not compress. */
  noise(characters: number): string {
    const bytes = crypto.getRandomValues(new Uint8Array(characters / 2));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** Those of the ids that are not in the store. */
  async missing(ids: readonly string[]): Promise<string[]> {
    const found = await Promise.all(ids.map((id) => this.items.get(id)));
    return ids.filter((_, at) => found[at] === undefined);
  }

  /** Exchanges with the server until nothing waits. */
  async drain(): Promise<void> {
    while (this.client.status().pending > 0 || this.client.status().state !== 'synced') {
      await this.client.sync().catch(() => undefined);
    }
  }

  lost(): string[] {
    return this.events.flatMap((event) => (event.kind === 'storage-lost' ? [event.reason] : []));
  }
}

/** `ok`, or the code of the `SyncError` that the promise rejects with. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    return isSyncError(error) ? error.code : String(error);
  }
}

export async function open({ store, write = false, lease = true, ...options }: LabOptions): Promise<Lab> {
  const transport = httpTransport({ url: '/api/v1/sync' });
  const { connectivity, lease: locks, close } = browserPlatform({ healthUrl: '/api/v1/sync/health' });
  const client = await createSyncClient({
    entities: [item],
    storage: idbStorage({ name: store, limitMs: options.limitMs ?? 20_000 }),
    transport,
    platform: lease ? { connectivity, lease: locks, close } : { connectivity, close },
    name: store,
    outbox: { backoffBaseMs: 20, backoffCapMs: 200 },
    pollIntervalMs: options.pollIntervalMs ?? 1_000,
    auto: options.auto ?? true,
  });
  const lab = (window.lab = new Lab(client));
  if (write) lab.writeOn();
  return lab;
}

declare global {
  var lab: Lab;
  var openLab: typeof open;
  var outcomeOf: typeof outcome;
  /** Set once the client is open; the code of the error where it could not be opened. */
  var opened: string | undefined;
  /** Told by the page of each write that is durable. */
  var acknowledge: (id: string) => Promise<void>;
}

window.openLab = open;
window.outcomeOf = outcome;
const asked = new URLSearchParams(location.search).get('open');
if (asked !== null) window.opened = await outcome(open(JSON.parse(asked) as LabOptions));
