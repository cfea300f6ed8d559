import type { KeyValueArea } from 'syncline/storage/local-storage';
import type { LogMedium } from 'syncline/testing';

/** A character of the part, changed. */
export function spoil(text: string, part: string): string {
  return text.replace(part, `${part.slice(0, -1)}~`);
}

/** What a `localStorageDevice` of this name stands on. */
export function areaMedium(area: KeyValueArea, name: string): LogMedium {
  const prefix = `syncline:${name}:`;
  const keys = () => Array.from({ length: area.length }, (_, at) => area.key(at) ?? '');
  const textOf = (key: string) => area.getItem(key) ?? '';
  return {
    contents: async () => Object.fromEntries(keys().map((key) => [key, textOf(key)])),
    async change(part) {
      for (const key of keys()) area.setItem(key, spoil(textOf(key), part));
    },
    async cut(characters) {
      const positions = keys().map((key) => Number(key.slice(prefix.length)) || 0);
      const last = `${prefix}${Math.max(...positions)}`;
      area.setItem(last, textOf(last).slice(0, -characters));
    },
    usurp: async () => area.setItem(`${prefix}log`, 'somebody else keeps a diary here'),
    outdate: async () =>
      area.setItem(`${prefix}log`, textOf(`${prefix}log`).replace('syncline log 1', 'syncline log 2')),
  };
}

/** What an `idbDevice` of this name stands on. */
export function idbMedium(name: string): LogMedium {
  async function withStores<T>(
    mode: IDBTransactionMode,
    work: (stores: readonly IDBObjectStore[]) => Promise<T>,
  ): Promise<T> {
    const db = await promised(indexedDB.open(name));
    const transaction = db.transaction([...db.objectStoreNames], mode);
    try {
      return await work([...db.objectStoreNames].map((store) => transaction.objectStore(store)));
    } finally {
      db.close();
    }
  }
  const rowsOf = async (store: IDBObjectStore) => {
    const [keys, values] = await Promise.all([promised(store.getAllKeys()), promised(store.getAll())]);
    return keys.map((key, at) => [key, values[at] as unknown] as const);
  };
  return {
    contents: () => withStores('readonly', (stores) => Promise.all(stores.map(rowsOf))),
    change: (part) =>
      withStores('readwrite', async (stores) => {
        for (const store of stores)
          for (const [key, value] of await rowsOf(store)) {
            const changed = Array.isArray(value) ? value.map((text) => spoil(String(text), part)) : value;
            store.put(typeof changed === 'string' ? spoil(changed, part) : changed, key);
          }
      }),
    cut: (characters) =>
      withStores('readwrite', async (stores) => {
        const log = stores.find((store) => store.name === 'log');
        if (log === undefined) throw new Error('there is no log');
        const entries = (await rowsOf(log)).filter(([key]) => typeof key === 'number');
        const [key, value] = entries.at(-1) ?? [];
        const [ticket, payload] = value as [string, string];
        log.put([ticket, payload.slice(0, -characters)], key);
      }),
    async usurp() {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore('diary').put('Dear diary', 1);
      (await promised(request)).close();
    },
    async outdate() {
      (await promised(indexedDB.open(name, 99))).close();
    },
  };
}

function promised<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no reason given'));
  });
}
