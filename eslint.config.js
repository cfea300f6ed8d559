import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const ambient = 'Take it from the Runtime that is handed in (src/runtime.ts has the default one).';
const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Export by name.' };

export default defineConfig(
  globalIgnores(['dist/**', 'site/**', 'coverage/**', '.scratch/**']),
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // An adapter over a synchronous store still answers with promises.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/**', 'adapters/**', 'cli/**'],
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', noDefaultExport],
    },
  },
  {
    // test/package/imports.test.ts checks the whole table; these lines say the commonest of it in the editor.
    files: ['src/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'zod', message: 'Import zod/mini: the classic build is twenty times as large.' }],
          patterns: [
            {
              group: ['**/adapters/**', 'syncline', 'syncline/*'],
              message: 'The core never imports an adapter.',
            },
            { regex: '^node:', message: 'The core knows no platform.' },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        noDefaultExport,
        { selector: 'ExportAllDeclaration', message: 'List exports by hand.' },
      ],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/runtime.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'crypto', 'performance', 'fetch', 'indexedDB', 'console'].map(
          (name) => ({
            name,
            message: ambient,
          }),
        ),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: ambient },
        { object: 'Math', property: 'random', message: ambient },
      ],
    },
  },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
