import type { Task } from '../records.js';

const storeName = 'tasks';

/** Bare IndexedDB: a store of records with one index, and a transaction that counts once it is complete. */
export interface RawStore {
  readonly db: IDBDatabase;
  put(task: Task): Promise<void>;
  putAll(tasks: readonly Task[]): Promise<void>;
  update(id: string, change: Partial<Task>): Promise<void>;
  deleteAll(ids: readonly string[]): Promise<void>;
  get(id: string): Promise<Task | undefined>;
  byProject(project: string): Promise<Task[]>;
  all(): Promise<Task[]>;
  close(): void;
  destroy(): Promise<void>;
}

export async function openRaw(
  name: string,
  durability: IDBTransactionDurability = 'relaxed',
): Promise<RawStore> {
  const db = await opened(name);
  const write = (work: (store: IDBObjectStore) => void): Promise<void> => {
    const transaction = db.transaction(storeName, 'readwrite', { durability });
    work(transaction.objectStore(storeName));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
    });
  };
  const read = <T>(ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    result(ask(db.transaction(storeName, 'readonly').objectStore(storeName)));
  return {
    db,
    put: (task) => write((store) => void store.put(task)),
    putAll: (tasks) =>
      write((store) => {
        for (const task of tasks) store.put(task);
      }),
    update: (id, change) =>
      write((store) => {
        const found = store.get(id) as IDBRequest<Task>;
        found.onsuccess = () => store.put({ ...found.result, ...change });
      }),
    deleteAll: (ids) =>
      write((store) => {
        for (const id of ids) store.delete(id);
      }),
    get: (id) => read((store) => store.get(id) as IDBRequest<Task | undefined>),
    byProject: (project) => read((store) => store.index('project').getAll(project) as IDBRequest<Task[]>),
    all: () => read((store) => store.getAll() as IDBRequest<Task[]>),
    close: () => db.close(),
    async destroy() {
      db.close();
      await result(indexedDB.deleteDatabase(name));
    },
  };
}

function opened(name: string): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    const store = opening.result.createObjectStore(storeName, { keyPath: 'id' });
    store.createIndex('project', 'project');
  };
  return result(opening);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('a request failed'));
  });
}
