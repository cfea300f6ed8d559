/* eslint-disable @typescript-eslint/unbound-method -- methods of the platform are replaced, and called with their `this` */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isSyncError } from 'syncline';
import { fileDevice, fileStorage } from 'syncline/storage/file';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

const layout = { notes: { indexes: {} } };

let folder = '';
let files = 0;
const freshFile = () => join(folder, `${files++}.log`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-file-'));
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => rm(folder, { recursive: true }));

/** A log with a snapshot under it, and what is in its file. */
async function writtenLog(file: string): Promise<Buffer> {
  const storage = fileStorage({ file });
  await storage.open(layout);
  for (const id of ['a', 'b']) await storage.commit([{ table: 'notes', id, value: 1 }]);
  await storage.close();
  await compactAll(file);
  await storageWith(file, ['c', 'd']);
  return readFile(file);
}

/** As `logStorage` does when it mends a log: by an entry that is cut short. */
async function compactAll(file: string): Promise<void> {
  const device = fileDevice({ file });
  await device.open();
  await device.append('1', { after: 2 });
  await device.close();
  const storage = fileStorage({ file });
  await storage.open(layout);
  await storage.close();
}

async function storageWith(file: string, ids: readonly string[]): Promise<void> {
  const storage = fileStorage({ file });
  await storage.open(layout);
  for (const id of ids) await storage.commit([{ table: 'notes', id, value: 1 }]);
  await storage.close();
}

async function reopened(file: string): Promise<{ ids: string[]; lost: number; kept: number }> {
  const lost = vi.fn();
  const storage = fileStorage({ file });
  await storage.open(layout, { lost });
  const ids = (await storage.scan('notes')).map(({ id }) => id);
  const kept = (await storage.scan('$quarantine')).length;
  await storage.close();
  return { ids, lost: lost.mock.calls.length, kept };
}

/** The methods that all open files share. */
async function handles(): Promise<
  Record<'read' | 'write' | 'datasync' | 'truncate', () => Promise<unknown>>
> {
  const handle = await open(tmpdir(), 'r');
  await handle.close();
  return Object.getPrototypeOf(handle);
}

const errno = (code: string) => Object.assign(new Error(code), { code });

describe('a file that was damaged', () => {
  it('opens with a prefix of its entries wherever it is cut off, and goes on', async () => {
    const file = freshFile();
    const device = fileDevice({ file });
    await device.open();
    for (const after of [0, 1, 2]) await device.append(`ä${after}\n`.repeat(5), { after });
    await device.close();
    const whole = await readFile(file);
    for (let length = 'syncline log 1\n'.length; length < whole.length; length++) {
      await writeFile(file, whole.subarray(0, length));
      const cut = fileDevice({ file });
      await cut.open();
      const { entries } = await cut.read(0);
      expect(entries).toEqual(
        [0, 1, 2]
          .slice(0, entries.length)
          .map((after) => ({ position: after + 1, payload: `ä${after}\n`.repeat(5) })),
      );
      expect(await cut.append('next', { after: entries.length })).toBe(true);
      await cut.close();
      const again = fileDevice({ file });
      await again.open();
      expect(await again.read(entries.length)).toEqual({
        entries: [{ position: entries.length + 1, payload: 'next' }],
      });
      await again.close();
    }
  });

  it('keeps what is appended to a snapshot that was cut off, wherever that was', async () => {
    const file = freshFile();
    const device = fileDevice({ file });
    await device.open();
    await device.append('before', { after: 0 });
    await device.compact(['a chunk\nof two lines', 'and one that is longer than what is appended to it'], 1);
    await device.close();
    const whole = await readFile(file);
    for (let length = 'syncline log 1\n'.length; length < whole.length; length++) {
      await writeFile(file, whole.subarray(0, length));
      const payloads = ['one', 'two', 'three'];
      const heads: number[] = [];
      for (const payload of payloads) {
        const cut = fileDevice({ file });
        await cut.open();
        const { snapshot, entries } = await cut.read(0);
        heads.push(entries.at(-1)?.position ?? snapshot?.upTo ?? 0);
        expect(await cut.append(payload, { after: heads.at(-1)! })).toBe(true);
        expect((await cut.read(heads.at(-1)!)).entries.map((entry) => entry.payload)).toEqual([payload]);
        await cut.close();
      }
      const again = fileDevice({ file });
      await again.open();
      const { entries } = await again.read(heads[0]!);
      expect(entries.map(({ payload }) => payload)).toEqual(payloads);
      expect(entries.map(({ position }) => position)).toEqual(heads.map((head) => head + 1));
      await again.close();
    }
  });

  it('never loses a row in silence, whichever byte was changed by one bit', async () => {
    const file = freshFile();
    const whole = await writtenLog(file);
    expect(await reopened(file)).toEqual({ ids: ['a', 'b', 'c', 'd'], lost: 0, kept: 0 });
    let harmed = 0;
    for (let at = 'syncline log 1\n'.length; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      await writeFile(file, changed);
      const found = await reopened(file).catch((error: unknown) => error);
      if (isSyncError(found, 'version')) {
        // The format's number became a larger one: loud as well, and nothing was touched.
        expect(await readFile(file)).toEqual(changed);
        continue;
      }
      const { ids, lost, kept } = found as Awaited<ReturnType<typeof reopened>>;
      if (ids.length === 4) continue;
      harmed++;
      expect([at, lost, kept > 0]).toEqual([at, 1, true]);
      expect(ids.length, `rows left when byte ${at} was changed`).toBeGreaterThanOrEqual(2);
    }
    expect(harmed).toBeGreaterThan(whole.length / 2);
  });

  it('is refused when it is no log, and left as it is', async () => {
    for (const text of ['SQLite format 3\0', 'syncline log', 'syncline log x\n', '\n', 'syncline log 0\nE']) {
      const file = freshFile();
      await writeFile(file, text);
      await expect(fileDevice({ file }).open()).rejects.toMatchObject({ code: 'storage-corrupt' });
      await expect(fileDevice({ file }).destroy()).rejects.toMatchObject({ code: 'storage-corrupt' });
      expect(await readFile(file, 'utf8')).toBe(text);
    }
    expect((await readdir(folder)).filter((name) => name.includes('lock'))).toEqual([]);
  });

  it('of a newer release is refused, and left as it is', async () => {
    const file = freshFile();
    await writeFile(file, 'syncline log 2\nwhatever comes then');
    await expect(fileDevice({ file }).open()).rejects.toMatchObject({ code: 'version' });
    expect(await readFile(file, 'utf8')).toBe('syncline log 2\nwhatever comes then');
  });

  it('without a byte in it is a new log', async () => {
    const file = freshFile();
    await writeFile(file, '');
    await storageWith(file, ['a']);
    expect((await reopened(file)).ids).toEqual(['a']);
  });

  it('drops what a process left that was stopped while it compacted', async () => {
    const file = freshFile();
    await storageWith(file, ['a']);
    await writeFile(`${file}.new`, 'half a snap');
    expect((await reopened(file)).ids).toEqual(['a']);
    expect(await readdir(dirname(file))).not.toContain(`${basename(file)}.new`);
  });

  it('is not trusted any more once it was removed or replaced under an open device', async () => {
    const file = freshFile();
    const lost = vi.fn();
    const device = fileDevice({ file });
    await device.open({ lost });
    await device.append('a', { after: 0 });
    await rm(file);
    await expect(device.append('b', { after: 1 })).rejects.toMatchObject({ code: 'storage-corrupt' });
    await expect(device.read(0)).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(lost).toHaveBeenCalledTimes(1);
    await device.destroy();
    expect((await readdir(folder)).filter((name) => name.startsWith(basename(file)))).toEqual([]);
  });
});

describe('a disk', () => {
  it('that is full rejects with storage-quota, and what was written of the entry is taken back', async () => {
    const file = freshFile();
    const device = fileDevice({ file });
    await device.open();
    await device.append('a', { after: 0 });
    const before = await readFile(file);
    const prototype = (await handles()) as unknown as {
      write(this: unknown, ...args: unknown[]): Promise<unknown>;
    };
    const { write } = prototype;
    let calls = 0;
    vi.spyOn(prototype, 'write').mockImplementation(async function (this: unknown, bytes, from, length, at) {
      if (calls++ > 0) throw errno('ENOSPC');
      return write.call(this, bytes, from, Math.floor((length as number) / 2), at);
    });
    await expect(device.append('b'.repeat(100), { after: 1 })).rejects.toMatchObject({
      code: 'storage-quota',
    });
    expect(calls).toBe(2);
    expect(await readFile(file)).toEqual(before);
    await expect(device.compact(['all'], 1)).rejects.toMatchObject({ code: 'storage-quota' });
    vi.restoreAllMocks();
    expect(await device.append('c', { after: 1 })).toBe(true);
    expect(await device.compact(['all'], 1)).toBe(true);
    await device.close();
  });

  it('leaves no file open that it could not begin', async () => {
    const [file, other] = [freshFile(), freshFile()];
    const device = fileDevice({ file });
    await device.open();
    await device.append('a', { after: 0 });
    vi.spyOn(await handles(), 'write').mockRejectedValue(errno('ENOSPC'));
    await expect(device.compact(['all'], 1)).rejects.toMatchObject({ code: 'storage-quota' });
    await expect(fileDevice({ file: other }).open()).rejects.toMatchObject({ code: 'storage-quota' });
    const descriptors = await Promise.allSettled(
      (await readdir('/proc/self/fd')).map((name) => readlink(`/proc/self/fd/${name}`)),
    );
    const open = descriptors.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(open.filter((path) => path.startsWith(folder))).toEqual([file]);
    vi.restoreAllMocks();
    await device.close();
  });

  it('that cannot take a write back is not written to any more', async () => {
    const device = fileDevice({ file: freshFile() });
    await device.open();
    const prototype = await handles();
    vi.spyOn(prototype, 'datasync').mockRejectedValue(errno('EIO'));
    await expect(device.append('a', { after: 0 })).rejects.toMatchObject({ code: 'storage-corrupt' });
    vi.restoreAllMocks();
    await expect(device.append('a', { after: 0 })).rejects.toMatchObject({ code: 'storage-closed' });
    await device.close();
  });

  it('is flushed before an append resolves, once for all that waited', async () => {
    const device = fileDevice({ file: freshFile() });
    await device.open();
    const prototype = await handles();
    const [write, flush] = [vi.spyOn(prototype, 'write'), vi.spyOn(prototype, 'datasync')];
    const taken = await Promise.all([0, 1, 2, 3].map((after) => device.append(`${after}`, { after })));
    expect(taken).toEqual([true, true, true, true]);
    expect([write.mock.calls.length, flush.mock.calls.length]).toEqual([1, 1]);
    await device.close();
  });

  it('is read once when a log is opened and read', async () => {
    const file = freshFile();
    const device = fileDevice({ file });
    await device.open();
    for (let after = 0; after < 40; after++) await device.append('x'.repeat(100_000), { after });
    await device.close();
    const { size } = await stat(file);
    const prototype = (await handles()) as unknown as {
      read(...args: unknown[]): Promise<{ bytesRead: number }>;
    };
    const read = vi.spyOn(prototype, 'read');
    await device.open();
    expect((await device.read(0)).entries).toHaveLength(40);
    const results = await Promise.all(
      read.mock.results.map(({ value }) => value as Promise<{ bytesRead: number }>),
    );
    const bytes = results.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
    expect(bytes).toBeLessThan(size * 1.01);
    read.mockClear();
    expect((await device.read(39)).entries).toHaveLength(1);
    await device.close();
  });
});

describe('the claim on a file', () => {
  const holder = `
    import { fileDevice } from 'syncline/storage/file';
    await fileDevice({ file: process.argv[1] }).open();
    process.send('open');
    setInterval(() => undefined, 1000);
  `;

  it('keeps another process out, names it, and ends with it', async () => {
    const file = freshFile();
    const flags = ['--import', 'tsx', '--input-type=module', '-e', holder, file];
    const child = spawn(process.execPath, flags, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await once(child, 'message');
    await expect(fileDevice({ file }).open()).rejects.toMatchObject({
      code: 'storage-blocked',
      details: { pid: child.pid },
    });
    await expect(fileDevice({ file }).destroy()).rejects.toMatchObject({ code: 'storage-blocked' });
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    await storageWith(file, ['a']);
    expect((await reopened(file)).ids).toEqual(['a']);
  });

  it.runIf(process.platform === 'linux')(
    'is not taken for that of a later process with the same number',
    async () => {
      const file = freshFile();
      const claim = `${file}.lock.${process.pid}.00000000-1.deadbeef.${hostname()}`;
      await writeFile(claim, '');
      await storageWith(file, ['a']);
      await expect(stat(claim)).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );

  it('of another thread of this process, or of another copy of the package, is respected', async () => {
    const [file, other] = [freshFile(), freshFile()];
    const device = fileDevice({ file });
    await device.open();
    const own = (await readdir(folder)).find((name) => name.startsWith(`${basename(file)}.lock.`)) ?? '';
    await writeFile(join(folder, own.replace(basename(file), basename(other))), '');
    const opening = fileDevice({ file: other }).open();
    await expect(opening).rejects.toMatchObject({ code: 'storage-blocked', details: { pid: process.pid } });
    await device.close();
  });

  it('of another machine is respected, and the error says which file to remove', async () => {
    const file = freshFile();
    const claim = `${file}.lock.1.0.deadbeef.somewhere.else`;
    await writeFile(claim, '');
    const error = await fileDevice({ file })
      .open()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'storage-blocked', details: { pid: 1, lock: claim } });
    expect((error as { hint: string }).hint).toContain(claim);
    await rm(claim);
    await storageWith(file, ['a']);
  });

  it('is one for all devices of a process, by whatever name the file goes', async () => {
    const file = freshFile();
    await storageWith(file, ['a']);
    const link = `${file}.link`;
    await symlink(file, link);
    const heard = vi.fn();
    const [one, other] = [fileDevice({ file }), fileDevice({ file: link })];
    await one.open({ appended: heard });
    await other.open();
    expect(await other.append('b', { after: 1 })).toBe(true);
    expect(await one.append('c', { after: 1 })).toBe(false);
    await expect.poll(() => heard).toHaveBeenCalledTimes(1);
    await one.close();
    expect(await other.append('c', { after: 2 })).toBe(true);
    await other.close();
    const claims = (await readdir(folder)).filter((found) => found.startsWith(`${basename(file)}.lock.`));
    expect(claims).toEqual([]);
  });

  it('goes with the file when it is destroyed, and other devices are told', async () => {
    const file = freshFile();
    const closed = vi.fn();
    const [one, other] = [fileDevice({ file }), fileDevice({ file })];
    await one.open({ closed });
    await other.open();
    await other.destroy();
    expect(closed.mock.calls).toEqual([['the log was removed']]);
    await expect(one.append('a', { after: 0 })).rejects.toMatchObject({ code: 'storage-closed' });
    await one.close();
    expect((await readdir(folder)).filter((name) => name.startsWith(basename(file)))).toEqual([]);
  });
});

describe('a file', () => {
  it.runIf(process.platform !== 'win32')(
    'is its owner’s alone, and a compaction keeps the rights it was given',
    async () => {
      const file = freshFile();
      const device = fileDevice({ file });
      await device.open();
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      await (await open(file)).chmod(0o640);
      await device.append('a', { after: 0 });
      await device.compact(['all'], 1);
      expect((await stat(file)).mode & 0o777).toBe(0o640);
      await device.close();
    },
  );

  it('that is a folder is refused with storage-blocked', async () => {
    await expect(fileDevice({ file: folder }).open()).rejects.toMatchObject({ code: 'storage-blocked' });
  });

  it('with an entry that was zeroed by a power failure goes on before it', async () => {
    const file = freshFile();
    await storageWith(file, ['a']);
    const { size } = await stat(file);
    await truncate(file, size + 300);
    expect(await reopened(file)).toEqual({ ids: ['a'], lost: 0, kept: 0 });
    expect((await stat(file)).size).toBe(size);
    await appendFile(file, Buffer.alloc(10));
    await storageWith(file, ['b']);
    expect(await reopened(file)).toEqual({ ids: ['a', 'b'], lost: 0, kept: 0 });
  });
});
