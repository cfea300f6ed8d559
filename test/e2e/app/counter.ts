import { isSyncError, type StorageAdapter } from 'syncline';
import { localStorageStorage } from 'syncline/storage/local-storage';

declare global {
  interface Window {
    count(times: number): Promise<number>;
    total(): Promise<number>;
  }
}

const storage = localStorageStorage({ name: 'counter', compactAfter: 40 });
const opened = storage.open({ numbers: { indexes: {} } });

/** Adds one on condition; again while another tab was faster. */
async function step(to: StorageAdapter): Promise<void> {
  for (;;) {
    const [row] = await to.get('numbers', ['n']);
    const value = Number(row?.value ?? 0) + 1;
    try {
      await to.commit([{ table: 'numbers', id: 'n', value, ifRevision: row?.revision ?? 0 }]);
      return;
    } catch (error) {
      if (!isSyncError(error, 'storage-conflict')) throw error;
    }
  }
}

/** Answers how many steps were acknowledged. */
window.count = async (times) => {
  await opened;
  for (let at = 0; at < times; at++) await step(storage);
  return times;
};

window.total = async () => {
  await opened;
  // A commit reads what others wrote before.
  await storage.commit([{ table: 'numbers', id: 'look', value: 1 }]);
  return Number((await storage.get('numbers', ['n']))[0]?.value ?? 0);
};
