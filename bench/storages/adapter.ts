import type { Json, StorageAdapter } from 'syncline';
import type { Task } from '../records.js';
import type { Store } from './duel.js';

/** A storage of ours as a store of records. */
export async function storeOver(storage: StorageAdapter): Promise<Store> {
  await storage.open({ tasks: { indexes: { project: '/project' } } });
  const writeOf = (task: Task) => ({ table: 'tasks', id: task.id, value: { ...task } satisfies Json });
  return {
    put: (task) => storage.commit([writeOf(task)]),
    putAll: (tasks) => storage.commit(tasks.map(writeOf)),
    all: async () => (await storage.scan('tasks')).map(({ value }) => value as unknown as Task),
    dispose: () => storage.destroy(),
  };
}
