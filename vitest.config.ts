import { playwright } from '@vitest/browser-playwright';
import { join } from 'node:path';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { root } from './scripts/entries.js';
import { chromiumArgs, chromiumPath } from './test/chromium.js';

/** Folders of `test` that are projects of their own; all the rest is `unit`. */
const ownProjects = ['types', 'simulation', 'browser', 'e2e', 'services', 'docs', 'package'];

/** Projects of one group share the machine; the groups run one after the other. */
const group = { unit: 1, simulation: 2, docs: 3, package: 4, browser: 5, services: 6, e2e: 7 };

const sqliteDriver = process.env.SQLITE_DRIVER;

const slow = { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false };

const projects: TestProjectConfiguration[] = [
  {
    extends: true,
    test: {
      name: 'unit',
      include: ['test/**/*.test.ts'],
      exclude: ownProjects.map((folder) => `test/${folder}/**`),
      // Properties take their time on a busy machine.
      testTimeout: 60_000,
      sequence: { groupOrder: group.unit },
    },
  },
  {
    extends: true,
    test: {
      name: 'types',
      include: [],
      typecheck: {
        enabled: true,
        only: true,
        include: ['test/types/**/*.test-d.ts'],
        tsconfig: './tsconfig.types.json',
      },
      sequence: { groupOrder: group.unit },
    },
  },
  {
    extends: true,
    test: {
      name: 'simulation',
      include: ['test/simulation/**/*.test.ts'],
      testTimeout: 120_000,
      sequence: { groupOrder: group.simulation },
    },
  },
  {
    extends: true,
    // Named, or Vite finds them during the first run and reloads the page in the middle of a test.
    optimizeDeps: { include: ['idb', 'rxjs', 'zod', 'zod/mini', 'fast-check'] },
    test: {
      name: 'browser',
      include: ['test/browser/**/*.test.ts'],
      fileParallelism: false,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      sequence: { groupOrder: group.browser },
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        api: { host: '127.0.0.1' },
        provider: playwright({ launchOptions: { executablePath: chromiumPath, args: chromiumArgs } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  },
  ...(['docs', 'package', 'services', 'e2e'] as const).map((name): TestProjectConfiguration => ({
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      ...slow,
      sequence: { groupOrder: group[name] },
    },
  })),
];

export default defineConfig({
  resolve: {
    // As `paths` in tsconfig.json: what is imported by the package's name is the source.
    alias: [
      { find: /^syncline$/, replacement: join(root, 'src/index.ts') },
      { find: /^syncline\/server$/, replacement: join(root, 'src/server/index.ts') },
      { find: /^syncline\/(.+)$/, replacement: join(root, 'adapters/$1/index.ts') },
      // `npm run test:drivers`: another driver of the same shape.
      ...(sqliteDriver === undefined ? [] : [{ find: /^libsql$/, replacement: sqliteDriver }]),
    ],
  },
  test: {
    environment: 'node',
    maxConcurrency: 2,
    // What is waited for comes, however busy the machine; this ends a wait for what does not come.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', './scripts/closing-line-reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['src/**', 'adapters/**', 'cli/**'],
      reporter: ['text-summary', 'json-summary', 'html'],
    },
    projects,
  },
});
