import {
  createSyncClient,
  isSyncError,
  type Collection,
  type Explanation,
  type StorageAdapter,
  type SyncClient,
  type TransportAdapter,
} from 'syncline';
import { browserPlatform } from 'syncline/platform/browser';
import { idbStorage } from 'syncline/storage/idb';
import { memoryStorage } from 'syncline/storage/memory';
import { httpTransport } from 'syncline/transport/http';
import { createCable, type Traffic } from '../cable.js';
import { device, entities, piece, type Piece } from '../piece.js';
import type { NameOf } from '../sentences.js';

const syncUrl = '/api/v1/sync';

/** One of the two devices: a client of its own, over a store of its own. */
export interface Device {
  readonly key: string;
  readonly name: string;
  readonly client: SyncClient;
  readonly pieces: Collection<Piece>;
  readonly nameOf: NameOf;
  /** All pieces, as they are now. */
  rows(): readonly Readonly<Piece>[];
  explain(id: string): Promise<Explanation>;
  isPluggedIn(): boolean;
  plug(isIn: boolean): void;
  /** Calls back after anything moved here: records, queue, status, cable. */
  subscribe(listener: () => void): void;
}

export interface DeviceOptions {
  readonly key: string;
  readonly name: string;
  readonly onTraffic: (traffic: Traffic) => void;
}

/** Opens a device over IndexedDB. Rejects with a `SyncError` where the browser offers none. */
export async function openDevice({ key, name, onTraffic }: DeviceOptions): Promise<Device> {
  const names = new Map<string, string>();
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const transport = httpTransport({ url: syncUrl, deviceId: name });
  const platform = browserPlatform({
    probe: (options) => transport.probe?.(options) ?? Promise.resolve(true),
    intervalMs: 5_000,
  });
  const store = storedFlag(`practice-log:${key}:offline`, (isOffline) => plug(!isOffline));
  let isIn = !store.get();
  const cable = createCable(transport, {
    network: platform.connectivity,
    isIn,
    onTraffic,
  });
  const client = await openClient(idbStorage({ name: `practice-log-${key}` }), cable.transport, {
    platform: { ...platform, connectivity: cable.connectivity },
    name: `practice-log-${key}`,
    // There is no live channel over plain HTTP; a demo should not keep its visitor waiting.
    pollIntervalMs: 1_000,
  });
  const pieces = client.collection(piece);
  let rows: readonly Readonly<Piece>[] = [];

  /** Tells the others what this replica is called. */
  async function introduce(): Promise<void> {
    await client.collection(device).upsert({ id: client.replica, name });
  }
  function plug(next: boolean): void {
    if (next === isIn) return;
    isIn = next;
    store.set(!isIn);
    cable.plug(isIn);
    changed();
  }
  client
    .collection(device)
    .watch()
    .subscribe((all) => {
      for (const each of all) names.set(each.id, each.name);
      changed();
    });
  client.status$.subscribe(changed);
  client.outbox.watch().subscribe(changed);
  client.events$.subscribe((event) => {
    if (event.kind === 'identity-changed') void introduce();
  });
  await introduce();
  await new Promise<void>((resolve) => {
    pieces.watch().subscribe((all) => {
      rows = all;
      resolve();
      changed();
    });
  });
  return {
    key,
    name,
    client,
    pieces,
    nameOf: (id) => names.get(id) ?? (id === client.replica ? name : 'another device'),
    rows: () => rows,
    explain: (id) => client.explain(piece, id),
    isPluggedIn: () => isIn,
    plug,
    subscribe: (listener) => void listeners.add(listener),
  };
}

/** A flag that outlives the page; `onChange` tells what another tab, a second window on the same device, made of it. */
function storedFlag(key: string, onChange: (value: boolean) => void) {
  addEventListener('storage', (event) => {
    if (event.key === key) onChange(event.newValue !== null);
  });
  return {
    get: () => localStorage.getItem(key) !== null,
    set: (value: boolean) => (value ? localStorage.setItem(key, 'yes') : localStorage.removeItem(key)),
  };
}

/** A device that has never been seen before: pulls everything into memory, and is gone again. */
export async function pullAsNewcomer<T>(read: (client: SyncClient) => Promise<T>): Promise<T> {
  const client = await openClient(memoryStorage(), httpTransport({ url: syncUrl }), { auto: false });
  try {
    await client.sync();
    return await read(client);
  } finally {
    await client.close();
  }
}

function openClient(
  storage: StorageAdapter,
  transport: TransportAdapter,
  options: Partial<Parameters<typeof createSyncClient>[0]>,
): Promise<SyncClient> {
  return createSyncClient({
    entities,
    storage,
    transport,
    // One line in the queue for each thing that a person did.
    outbox: { compact: false },
    ...options,
  });
}

/** An error in words for the person in front of the page. */
export function complaintOf(error: unknown): string {
  return isSyncError(error) ? error.message.replace(/^piece: /, '') : String(error);
}
