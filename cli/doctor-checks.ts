import { isBuiltin } from 'node:module';
import { findPackage, isAtLeast, ownPackage, type Package } from './packages.js';

/** One thing that was looked for. */
export interface Check {
  readonly name: string;
  /** `missing`: it is needed. `optional`: only who wants to use it needs it. */
  readonly state: 'ok' | 'missing' | 'optional';
  /** What was found. */
  readonly found: string;
  /** Why it matters, and what to do. */
  readonly why: string;
}

export function environmentChecks(): Check[] {
  const { node: range = '>=20' } = ownPackage().engines;
  const has = (name: string, isThere: boolean, why: string): Check => ({
    name,
    state: isThere ? 'ok' : 'missing',
    found: isThere ? '' : 'not there',
    why,
  });
  return [
    {
      name: 'node',
      state: isAtLeast(process.versions.node, range) ? 'ok' : 'missing',
      found: `${process.versions.node}, needed ${range}`,
      why: 'Nothing was tested on an older Node. Install a newer one.',
    },
    has(
      'fetch',
      typeof fetch === 'function',
      'The HTTP transport uses it; hand in another by its option `fetch`.',
    ),
    has(
      'AbortSignal.any',
      typeof AbortSignal.any === 'function',
      'The HTTP transport gives requests up by it.',
    ),
    has(
      'CompressionStream',
      typeof CompressionStream === 'function',
      'Requests and answers would travel unpacked.',
    ),
    has(
      'crypto.subtle',
      typeof globalThis.crypto?.subtle === 'object',
      'Ids and encryption come from Web Crypto.',
    ),
    {
      name: 'node:sqlite',
      state: isBuiltin('node:sqlite') ? 'ok' : 'optional',
      found: isBuiltin('node:sqlite') ? '' : 'not in this Node',
      why: 'SQLite without a package, from Node 22.5 on. libsql or better-sqlite3 do as well.',
    },
  ];
}

/** Packages as the project in that folder gets them, and as this package does. */
export function packageChecks(folder: string): Check[] {
  const own = ownPackage();
  const installed = findPackage('syncline', folder);
  const peers = Object.entries(own.peerDependencies).map(([name, range]) =>
    peerCheck(name, range, findPackage(name, folder)),
  );
  return [
    copyCheck('syncline', own, installed),
    ...['rxjs', 'zod'].map((name) =>
      dependencyCheck(
        name,
        own.dependencies[name] ?? '*',
        findPackage(name, own.folder),
        findPackage(name, folder),
      ),
    ),
    ...peers,
  ];
}

function copyCheck(name: string, own: Package, installed: Package | undefined): Check {
  const why = 'This command is of one copy, and the project uses another: run `npx syncline` in the project.';
  if (installed === undefined || installed.folder === own.folder)
    return { name, state: 'ok', found: own.version, why };
  return { name, state: 'optional', found: `${own.version} here, ${installed.version} in the project`, why };
}

function dependencyCheck(
  name: string,
  range: string,
  own: Package | undefined,
  project: Package | undefined,
): Check {
  if (own === undefined)
    return {
      name,
      state: 'missing',
      found: 'not installed',
      why: `It is a dependency (${range}): run \`npm install\` again.`,
    };
  const found = `${own.version}, needed ${range}`;
  if (!isAtLeast(own.version, range))
    return {
      name,
      state: 'missing',
      found,
      why: 'The installed version is too old: run `npm install` again.',
    };
  if (project === undefined || project.folder === own.folder) return { name, state: 'ok', found, why: '' };
  return {
    name,
    state: 'optional',
    found: `${found}; a second copy in the project, ${project.version}`,
    why: 'Both are loaded, which costs size. One version that suits both, and `npm dedupe`, leave one.',
  };
}

function peerCheck(name: string, range: string, found: Package | undefined): Check {
  if (found === undefined)
    return {
      name,
      state: 'optional',
      found: 'not installed',
      why: `An optional peer (${range}), for the adapter that names it.`,
    };
  const isNewEnough = isAtLeast(found.version, range);
  return {
    name,
    state: isNewEnough ? 'ok' : 'missing',
    found: `${found.version}, needed ${range}`,
    why: 'An older version than any this was tested with: update it.',
  };
}
