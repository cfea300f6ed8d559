import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/entries.js';
import type { SourceText } from './doors.js';

/** Every file with this ending in a folder of the package and below, sorted; none when the folder is not there. */
export function filesBelow(folder: string, ending: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith(ending))
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
      .sort();
  } catch {
    return [];
  }
}

/** The sources of the core and of all adapters. */
export function sourceTexts(): SourceText[] {
  return ['src', 'adapters']
    .flatMap((folder) => filesBelow(folder, '.ts'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
