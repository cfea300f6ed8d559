import { fileStorage } from 'syncline/storage/file';

/** Writes pairs of rows into a file, one commit after the other, and says so after each. Arguments: file, name. */
const [file = '', name = ''] = process.argv.slice(2);
const storage = fileStorage({ file, compactAfter: 20 });
await storage.open({ left: { indexes: {} }, right: { indexes: {} } });
for (let at = 0; ; at++) {
  // Some share an entry, and sizes differ, so that a kill finds every stage of a write.
  const pairs = Array.from({ length: 1 + (at % 3) }, (_, index) => {
    const value = 'x'.repeat((at * 997 * (index + 1)) % 6_000);
    const id = `${name}-${at}-${index}`;
    return storage.commit([
      { table: 'left', id, value },
      { table: 'right', id, value },
    ]);
  });
  await Promise.all(pairs);
  process.send?.(pairs.map((_, index) => `${name}-${at}-${index}`));
}
