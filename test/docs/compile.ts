import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../../scripts/entries.js';
import type { Fence } from './fences.js';

/** A fence as a module of its own, below the root so that it finds the package's dependencies. */
export interface Snippet {
  readonly fence: Fence;
  readonly file: string;
}

export function writeSnippets(name: string, fences: readonly Fence[]): Snippet[] {
  const folder = join(root, '.scratch', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return fences.map((fence) => {
    const file = join(folder, `${fence.path.replace(/[^a-z0-9]+/gi, '-')}-${fence.line}.ts`);
    writeFileSync(file, fence.code);
    return { fence, file };
  });
}

/** What the compiler has against each snippet, as `README.md:12: message`, by the snippet's file. */
export function complaints(snippets: readonly Snippet[]): Map<string, string[]> {
  const config = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config,
    ts.sys,
    root,
  );
  const program = ts.createProgram({
    rootNames: snippets.map(({ file }) => file),
    options: { ...config.options, moduleDetection: ts.ModuleDetectionKind.Force },
  });
  return new Map(
    snippets.map(({ fence, file }) => {
      const source = program.getSourceFile(file)!;
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [file, found.map((diagnostic) => complaint(fence, source, diagnostic))];
    }),
  );
}

function complaint(fence: Fence, source: ts.SourceFile, { start, messageText }: ts.Diagnostic): string {
  const line = fence.line + source.getLineAndCharacterOfPosition(start ?? 0).line;
  return `${fence.path}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}
