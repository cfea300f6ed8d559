import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import type { LogMedium } from 'syncline/testing';
import { spoil } from './media.js';

/** What a `fileDevice` stands on. */
export function fileMedium(file: string): LogMedium {
  return {
    contents: () => readFile(file, 'latin1'),
    change: async (part) => writeFile(file, spoil(await readFile(file, 'latin1'), part), 'latin1'),
    cut: async (characters) => truncate(file, (await stat(file)).size - 1 - characters),
    usurp: () => writeFile(file, 'SQLite format 3\0, or the diary of somebody'),
    outdate: async () =>
      writeFile(file, (await readFile(file, 'latin1')).replace('syncline log 1', 'syncline log 2'), 'latin1'),
  };
}
