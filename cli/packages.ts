import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Package {
  /** Its folder, with links followed: two copies have two. */
  readonly folder: string;
  readonly version: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The package that this command is part of: the sources and `dist` lie at the same depth in it. */
export function ownPackage(): Package {
  const own = packageIn(join(dirname(fileURLToPath(import.meta.url)), '..'));
  if (own === undefined) throw new Error('the package.json of syncline is missing');
  return own;
}

/** The package of that name that a module in `folder` gets, found as Node does: upwards from there. */
export function findPackage(name: string, folder: string): Package | undefined {
  const found = packageIn(join(folder, 'node_modules', name));
  const parent = dirname(folder);
  return found ?? (parent === folder ? undefined : findPackage(name, parent));
}

/** Whether a version is at least the one a range of the form `>=1.2.3` or `^1.2.3` begins with. */
export function isAtLeast(version: string, range: string): boolean {
  const [have, need] = [numbersOf(version), numbersOf(range)];
  const at = need.findIndex((number, place) => number !== (have[place] ?? 0));
  return at === -1 || (have[at] ?? 0) > (need[at] ?? 0);
}

function numbersOf(text: string): number[] {
  return (/\d+(\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number);
}

function packageIn(folder: string): Package | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, 'package.json'), 'utf8');
  } catch {
    return undefined;
  }
  const {
    version = '?',
    engines = {},
    peerDependencies = {},
    dependencies = {},
  } = JSON.parse(text) as Partial<Package>;
  return { folder: realpathSync(folder), version, engines, peerDependencies, dependencies };
}
