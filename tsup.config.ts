import { defineConfig } from 'tsup';
import { entries } from './scripts/entries.js';

const doors = Object.fromEntries(entries().map(({ output, source }) => [output, source]));

// `syncline` and `syncline/server` inside adapters resolve to the sources through `paths` in tsconfig.json, and
// `splitting` puts what several entries share in chunks: one copy of the core, whatever is imported.
export default defineConfig({
  entry: { ...doors, cli: 'cli/main.ts' },
  tsconfig: 'tsconfig.build.json',
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  splitting: true,
  sourcemap: true,
  clean: true,
  // tsup 8 sets baseUrl in its declarations program; TypeScript 6 rejects that without this.
  dts: { entry: doors, compilerOptions: { ignoreDeprecations: '6.0' } },
});
