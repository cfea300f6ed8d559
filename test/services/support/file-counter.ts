import { isSyncError } from 'syncline';
import { fileStorage } from 'syncline/storage/file';

/** Opens a file, adds one to its counter, and closes it; again and again. Arguments: file, times. */
const [file = '', times = '0'] = process.argv.slice(2);
for (let done = 0; done < Number(times);) {
  const storage = fileStorage({ file });
  try {
    await storage.open({ counters: { indexes: {} } });
    const [row] = await storage.get('counters', ['n']);
    await storage.commit([{ table: 'counters', id: 'n', value: Number(row?.value ?? 0) + 1 }]);
    done++;
  } catch (error) {
    if (!isSyncError(error, 'storage-blocked')) throw error;
  }
  await storage.close();
}
