import { mkdir, open, realpath, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isMissing } from './failure.js';
import { encodeFrame, fileHead } from './frames.js';

/** Only its owner may read what a client keeps; a file that is there keeps its rights. */
const ownersOnly = 0o600;

/** One path for one file, by whatever name it goes. Makes its folder where there is none. */
export async function canonicalPath(file: string): Promise<string> {
  const path = resolve(file);
  await mkdir(dirname(path), { recursive: true });
  return realpath(path).catch(async (error: unknown) => {
    if (!isMissing(error)) throw error;
    return join(await realpath(dirname(path)), basename(path));
  });
}

/** Writes all of the bytes at a place; the platform may take fewer at once. */
export async function writeAt(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** Makes the names in a file's folder durable. Windows knows no such thing. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Where a log is made before it gets its name. */
export function draftPath(path: string): string {
  return `${path}.new`;
}

/** An empty log under the name of a draft. */
export async function createLog(path: string, mode: number): Promise<FileHandle> {
  await rm(draftPath(path), { force: true });
  const handle = await open(draftPath(path), 'wx+', mode & 0o777);
  return openAfter(handle, () => writeAt(handle, fileHead, 0));
}

/** The file once `work` is done; closed when that fails, for nobody else has it yet. */
async function openAfter(handle: FileHandle, work: () => Promise<void>): Promise<FileHandle> {
  try {
    await work();
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The file as it is. One that is missing, or has no byte in it, becomes an empty log. */
export async function openLog(path: string): Promise<FileHandle> {
  try {
    const handle = await open(path, 'r+');
    if ((await handle.stat()).size > 0) return handle;
    await handle.close();
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const created = await createLog(path, ownersOnly);
  return openAfter(created, async () => {
    await created.sync();
    await rename(draftPath(path), path);
    await syncFolder(path);
  });
}

/** Puts a snapshot into an empty log, and returns where it ends. */
export async function writeSnapshot(
  target: FileHandle,
  chunks: readonly string[],
  upTo: number,
): Promise<number> {
  let end = fileHead.length;
  const write = async (frame: Buffer) => {
    await writeAt(target, frame, end);
    end += frame.length;
  };
  await write(encodeFrame('S', upTo, ''));
  for (const chunk of chunks) await write(encodeFrame('C', upTo, chunk));
  return end;
}
