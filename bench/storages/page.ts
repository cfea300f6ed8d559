import { idbStorage } from 'syncline/storage/idb';
import { idbRowsStorage } from 'syncline/storage/idb-rows';
import { openRaw } from '../page/raw.js';
import { storeOver } from './adapter.js';
import { duel, type DuelTimes, type Pair, type Store, type StorageLoad } from './duel.js';

const pairs: Readonly<Record<string, Pair>> = {
  idb: { raw: rawIdb, ours: (name) => storeOver(idbStorage({ name })) },
  'idb-rows': { raw: rawIdb, ours: (name) => storeOver(idbRowsStorage({ name })) },
};

/** One `put` per record into a store with one index. */
async function rawIdb(name: string): Promise<Store> {
  const raw = await openRaw(`${name} raw`);
  return {
    put: (task) => raw.put(task),
    putAll: (tasks) => raw.putAll(tasks),
    all: () => raw.all(),
    dispose: () => raw.destroy(),
  };
}

declare global {
  /** What the page offers to the process that drives it. */
  var storageBench: {
    readonly names: readonly string[];
    duel(name: string, load: StorageLoad, round: number): Promise<DuelTimes>;
  };
}

globalThis.storageBench = {
  names: Object.keys(pairs),
  duel: (name, load, round) => duel(pairs[name]!, load, round),
};
