import { build, transform } from 'esbuild';
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entries, root } from '../../scripts/entries.js';
import { fencesOf, read } from '../docs/fences.js';

const run = promisify(execFile);
const project = mkdtempSync(join(tmpdir(), 'syncline-pack-'));
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** What a user of the package has: the tarball, its dependencies, and the types of Node. */
beforeAll(async () => {
  const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', project];
  const { stdout } = await run('npm', packing, { cwd: root });
  const [{ filename }] = JSON.parse(stdout);
  const modules = join(project, 'node_modules');
  mkdirSync(modules);
  await run('tar', ['-xzf', join(project, filename), '-C', modules]);
  await run('mv', [join(modules, 'package'), join(modules, 'syncline')]);
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }');
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

function example(): string {
  const [first] = fencesOf('README.md', read('README.md'));
  if (!first) throw new Error('README.md has no ```ts fence');
  return first.code;
}

function write(name: string, text: string): string {
  const file = join(project, name);
  writeFileSync(file, text);
  return file;
}

/** Resolves with what the compiler prints: nothing, if all is well. */
async function typeCheck(name: string, code: string, options: object): Promise<string> {
  write(`${name}.ts`, code);
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2022', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'],
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    ...options,
  };
  const config = write(`${name}.json`, JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [compiler, '-p', config], { cwd: project }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}

const resolutions = [
  ['NodeNext', { module: 'NodeNext', moduleResolution: 'NodeNext' }],
  ['Bundler', { module: 'ESNext', moduleResolution: 'Bundler' }],
] as const;

describe('the packed package', () => {
  it('holds what is needed and nothing else', () => {
    const packed = join(project, 'node_modules/syncline');
    expect(
      readdirSync(packed)
        .filter((name) => name !== 'CHANGELOG.md')
        .sort(),
    ).toEqual(['LICENSE', 'README.md', 'dist', 'docs', 'package.json']);
  });

  it.each(resolutions)('the example of the README type-checks under %s', async (name, options) => {
    expect(await typeCheck(`example-${name}`, example(), options)).toBe('');
  });

  it.each(resolutions)('every door type-checks under %s', async (name, options) => {
    const code = entries().map(({ specifier }, index) => `export * as door${index} from '${specifier}';`);
    expect(await typeCheck(`doors-${name}`, code.join('\n'), { ...options, types: ['node'] })).toBe('');
  });

  it('the example runs in Node', async () => {
    const { code } = await transform(example(), { loader: 'ts', target: 'es2022' });
    await expect(
      run(process.execPath, [write('example.mjs', code)], { cwd: project, timeout: 50_000 }),
    ).resolves.toBeDefined();
  });

  it('the example bundles for the browser', async () => {
    write('bundle.ts', example());
    const bundled = await build({
      entryPoints: [join(project, 'bundle.ts')],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      logLevel: 'silent',
    });
    expect(bundled.warnings).toEqual([]);
  });

  it('every door opens in Node, and can be required', async () => {
    const specifiers = JSON.stringify(entries().map(({ specifier }) => specifier));
    const code = `import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      for (const name of ${specifiers}) {
        const a = await import(name);
        if (Object.keys(a).length === 0 || require(name) !== a) throw new Error(name);
      }`;
    await expect(run(process.execPath, [write('doors.mjs', code)], { cwd: project })).resolves.toBeDefined();
  });

  it('has a command line that runs where it is installed', async () => {
    const modules = join(project, 'node_modules');
    const { bin } = JSON.parse(readFileSync(join(modules, 'syncline/package.json'), 'utf8'));
    mkdirSync(join(modules, '.bin'));
    // As npm does it: a link to the file, which therefore must be executable.
    symlinkSync(join('..', 'syncline', bin.syncline), join(modules, '.bin/syncline'));
    const command = (...args: string[]) =>
      run('npx', ['--no-install', 'syncline', ...args], { cwd: project });
    const doctor = JSON.parse((await command('doctor', '--json')).stdout);
    expect(doctor).toMatchObject({ ok: true, missing: 0 });
    expect((await command('conformance', '--list')).stdout).toContain('a create is accepted');
    write(
      'app.js',
      `import { defineEntity } from 'syncline';
      import { simulated } from 'syncline/testing';
      const schema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      const note = defineEntity({ name: 'note', schema });
      export default { entities: [simulated(note, { create: (_, id) => ({ id }) })], steps: 10 };`,
    );
    expect((await command('simulate', 'app.js', '--seeds', '1..3')).stdout).toContain('3 passed, 0 failed');
  });

  it('has one copy of the core, shared by all doors', async () => {
    const code = `import * as core from 'syncline';
      import * as server from 'syncline/server';
      import { readdirSync, readFileSync } from 'node:fs';
      const dist = new URL('.', import.meta.resolve('syncline'));
      const files = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.js'));
      const copies = files.filter((name) => /class SyncError\\b|SyncError = class\\b/.test(readFileSync(new URL(name, dist), 'utf8')));
      console.log(copies.length, typeof core.SyncError, typeof server);`;
    const { stdout } = await run(process.execPath, [write('copies.mjs', code)], { cwd: project });
    expect(stdout.trim()).toBe('1 function object');
  });
});
