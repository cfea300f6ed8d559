import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Commands run from the root; tsup moves its configuration while it reads it, so this file's own place says nothing. */
export const root = process.cwd();

export interface Entry {
  /** As in package.json: `.` or `./storage/idb`. */
  readonly subpath: string;
  /** As users import it: `syncline` or `syncline/storage/idb`. */
  readonly specifier: string;
  /** Name below `dist`, without extension. */
  readonly output: string;
  /** Source file, from the root. */
  readonly source: string;
}

/** The package's doors. `exports` in package.json is the one list; all else is derived from it. */
export function entries(): Entry[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, unknown>;
  };
  return Object.keys(exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => {
      const folder = subpath.slice(2);
      const core = join('src', folder, 'index.ts');
      return {
        subpath,
        specifier: join('syncline', folder),
        output: folder === '' ? 'index' : folder,
        source:
          existsSync(join(root, core)) || folder === 'server' ? core : join('adapters', folder, 'index.ts'),
      };
    });
}
