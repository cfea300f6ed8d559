import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs with a path to a file that is not there yet, in a folder that goes away afterwards. */
export async function withFile(work: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-subject-'));
  try {
    await work(join(folder, 'file'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
