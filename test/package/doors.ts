import { dirname, join } from 'node:path/posix';
import ts from 'typescript';

/** A source file: its path from the root, as `src/engine/push.ts`, and its text. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** Rooms of `src`, and the rooms each may import besides itself. Files at the top of `src` are rooms too. */
const contractsAndErrors = ['contracts', 'errors'];
const library = [
  ...contractsAndErrors,
  'causality',
  'diff',
  'protocol',
  'resolve',
  'outbox',
  'storage',
  'runtime',
];
const doors: Record<string, readonly string[]> = {
  contracts: [],
  errors: ['contracts'],
  runtime: contractsAndErrors,
  causality: contractsAndErrors,
  diff: contractsAndErrors,
  protocol: contractsAndErrors,
  storage: [...contractsAndErrors, 'runtime'],
  resolve: [...contractsAndErrors, 'causality', 'diff'],
  outbox: [...contractsAndErrors, 'causality', 'diff'],
  engine: library,
  server: library,
  index: [...library, 'engine'],
};

/** Packages that `src` may import, and where. */
const packages: Record<string, (room: string) => boolean> = {
  '@standard-schema/spec': () => true,
  'zod/mini': (room) => room !== 'contracts',
  rxjs: (room) => room === 'engine' || room === 'index',
};

/** Adapters whose purpose is to work with other adapters: wrappers and kits. */
const mayImportAdapters = ['adapters/testing'];

/** Lines that several adapters share; no door of the package leads here. */
const sharedRoom = 'adapters/shared';

/** Adapters for one platform, which may import what that platform brings. */
const runOnNode = [
  'adapters/host/node',
  'adapters/server-store/sqlite',
  'adapters/storage/file',
  'adapters/platform/node',
];

/** The packages an adapter may import. Everything else is handed in, typed by the slice used. */
const adapterPackages: Record<string, readonly string[]> = {
  '@standard-schema/spec': ['adapters'],
  idb: ['adapters/storage/idb', 'adapters/storage/idb-rows', 'adapters/shared'],
  rxjs: ['adapters/view'],
  'zod/mini': ['adapters'],
  libsql: ['adapters/server-store/sqlite'],
  'better-sqlite3': ['adapters/server-store/sqlite'],
};

/** Where the one default Runtime lives: the only place of the core that touches clock, chance and timers. */
const runtimeFile = 'src/runtime.ts';

const ambientNames = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'crypto',
  'performance',
  'fetch',
  'indexedDB',
  'console',
  'process',
  'window',
  'document',
  'navigator',
  'localStorage',
  'sessionStorage',
  'globalThis',
]);
const ambientMembers = new Set(['Date.now', 'Math.random', 'AbortSignal.timeout']);

/** Everything in these files that breaks the rules of the house, as `path:line: what`. */
export function violations(files: readonly SourceText[]): string[] {
  const parsed = files.map((file) => ({
    path: file.path,
    source: ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true),
  }));
  const found: string[] = [];
  const graph = new Map<string, string[]>();
  const paths = new Set(files.map((file) => file.path));
  for (const { path, source } of parsed) {
    const report = (node: ts.Node, what: string): void => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      found.push(`${path}:${line + 1}: ${what}`);
    };
    const imports = importsOf(source);
    for (const found of imports) {
      const wrong = path.startsWith('src/') ? wrongInCore(path, found) : wrongInAdapter(path, found);
      if (wrong) report(found.node, `'${found.specifier}': ${wrong}`);
    }
    if (path.startsWith('src/')) checkCoreSyntax(path, source, report);
    const targets = imports.map(({ specifier }) => target(path, specifier)).filter((to) => to !== undefined);
    graph.set(
      path,
      targets.map((to) => existing(to, paths)).filter((to) => to !== undefined),
    );
  }
  return [...found, ...cycles(graph)];
}

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly node: ts.Node;
}

/** Static, re-exported, dynamic and `import('x').Y` type imports. */
function importsOf(source: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier && ts.isStringLiteralLike(specifier))
      imports.push({ specifier: specifier.text, typeOnly, node });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

/** `src/engine/push.ts` → `engine`; `src/errors.ts` → `errors`. */
function roomOf(path: string): string {
  return path.split('/')[1]!.replace(/\.[jt]s$/, '');
}

/** `adapters/storage/idb/rows.ts` → `adapters/storage/idb`; `adapters/testing/faults.ts` → `adapters/testing`. */
function adapterOf(path: string): string {
  const parts = path.split('/');
  const isFlat = ['adapters/testing', sharedRoom].includes(parts.slice(0, 2).join('/'));
  return parts.slice(0, isFlat ? 2 : 3).join('/');
}

function wrongInCore(path: string, { specifier, typeOnly }: Import): string | undefined {
  const room = roomOf(path);
  const allowed = doors[room];
  if (!allowed) return `src/${room} is not in the table of doors`;
  const to = target(path, specifier);
  if (to === undefined) {
    if (!Object.hasOwn(packages, specifier)) return 'the core does not import this package';
    if (!packages[specifier]!(room)) return `src/${room} does not import this package`;
    return room === 'contracts' && !typeOnly ? 'contracts import types only' : undefined;
  }
  if (/^syncline(\/|$)/.test(specifier)) return 'the core imports itself by path';
  if (to.startsWith('adapters/')) return 'the core never imports an adapter';
  if (!to.startsWith('src/')) return 'outside of src';
  const toRoom = roomOf(to);
  if (room === 'contracts' && !typeOnly) return 'contracts import types only';
  return toRoom === room || allowed.includes(toRoom)
    ? undefined
    : `no door from src/${room} to src/${toRoom}`;
}

function wrongInAdapter(path: string, { specifier }: Import): string | undefined {
  const adapter = adapterOf(path);
  const to = target(path, specifier);
  if (to === undefined) {
    if (specifier.startsWith('node:'))
      return runOnNode.includes(adapter) ? undefined : 'this adapter knows no Node';
    const homes = Object.hasOwn(adapterPackages, specifier) ? adapterPackages[specifier]! : [];
    const atHome = homes.some((home) => adapter === home || adapter.startsWith(`${home}/`));
    return atHome ? undefined : 'this adapter does not import this package';
  }
  if (specifier === 'syncline' || specifier === 'syncline/server') return undefined;
  const byName = specifier.startsWith('syncline/');
  if (!byName && [adapter, sharedRoom].includes(adapterOf(to))) return undefined;
  if (!to.startsWith('adapters/')) return "adapters import the core as 'syncline' or 'syncline/server'";
  if (!mayImportAdapters.includes(adapter)) return 'an adapter never imports another adapter';
  return byName ? undefined : 'import the other adapter by its public name';
}

/** What a specifier points at, as a path from the root; undefined for a package. */
function target(path: string, specifier: string): string | undefined {
  if (specifier === 'syncline') return 'src/index.ts';
  if (specifier === 'syncline/server') return 'src/server/index.ts';
  if (specifier.startsWith('syncline/')) return `adapters/${specifier.slice('syncline/'.length)}/index.ts`;
  return specifier.startsWith('.') ? join(dirname(path), specifier) : undefined;
}

/** The file among `paths` that a target names with `.js`, `.ts`, or no extension. */
function existing(to: string, paths: ReadonlySet<string>): string | undefined {
  return [to, to.replace(/\.js$/, '.ts'), `${to}.ts`, `${to}/index.ts`].find((path) => paths.has(path));
}

function checkCoreSyntax(
  path: string,
  source: ts.SourceFile,
  report: (node: ts.Node, what: string) => void,
): void {
  const contracts = roomOf(path) === 'contracts';
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier && !namesItsExports(statement)) {
      report(statement, 'list exports by hand, without `export *`');
    }
    if (contracts && !isTypeStatement(statement)) report(statement, 'contracts hold types only');
  }
  if (path === runtimeFile) return;
  const visit = (node: ts.Node): void => {
    const name = ambientUse(node);
    if (name) report(node, `${name}: take it from the Runtime that is handed in`);
    ts.forEachChild(node, visit);
  };
  visit(source);
}

function namesItsExports(statement: ts.ExportDeclaration): boolean {
  return statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause);
}

function isTypeStatement(statement: ts.Statement): boolean {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return true;
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
  return ts.isImportDeclaration(statement); // `wrongInCore` sees to it that these are `import type`.
}

/** The clock, chance, timer or platform object a node reaches for, if any. */
function ambientUse(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
    return 'new Date()';
  if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return 'Date()';
  if (ts.isPropertyAccessExpression(node) && ambientMembers.has(node.getText())) return node.getText();
  if (!ts.isIdentifier(node) || !ambientNames.has(node.text)) return undefined;
  return isReference(node) ? node.text : undefined;
}

/** Whether a name is read here, and not merely the name of a member, a parameter or a variable. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent) || ts.isTypeQueryNode(parent))
    return false;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent) || ts.isParameter(parent)) {
    return parent.initializer === node;
  }
  const declares = 'name' in parent && parent.name === node;
  return !declares || ts.isShorthandPropertyAssignment(parent);
}

/** Every cycle once, types included: a cycle of types is a cycle of ideas. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`);
      return;
    }
    state.set(path, 'open');
    for (const to of graph.get(path) ?? []) visit(to, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}
