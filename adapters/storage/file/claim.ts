import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from 'syncline';
import { errnoOf } from './failure.js';

/** Rounds in which a process that is about to end may still let go. */
const triesMax = 5;
const pauseMs = 40;

/** Who claims a file, as the name of the claim says. */
interface Claim {
  readonly path: string;
  readonly pid: number;
  readonly started: string;
  readonly host: string;
}

/**
 * Claims a file for this process; the result gives it back. Rejects with `storage-blocked` while another one has it.
 *
 * A claim is an empty file beside the claimed one, and all it says is in its name. Everybody puts down a claim first and
 * looks for others then, so of two at once at least one sees the other and steps back. A name is never used twice: the
 * claim of a process that is gone can be removed without taking somebody else's. A process is known by its number and
 * the moment it started, as Linux tells it, for numbers come back; elsewhere by its number alone.
 */
export async function claim(path: string): Promise<() => Promise<void>> {
  const prefix = `${basename(path)}.lock.`;
  const started = (await startOf(process.pid)) ?? unknownStart;
  const host = encodeURIComponent(hostname());
  for (let attempt = 1; ; attempt++) {
    const token = randomUUID().slice(0, 8);
    const own = join(dirname(path), `${prefix}${process.pid}.${started}.${token}.${host}`);
    await writeFile(own, '', { flag: 'wx' });
    const other = await livingClaim(path, prefix, own, host);
    if (other === undefined) return () => rm(own, { force: true });
    await rm(own);
    if (attempt === triesMax) throw blocked(path, other, host);
    await sleep(pauseMs * Math.random());
  }
}

/** Somebody else's claim; those of processes that are gone are removed. */
async function livingClaim(
  path: string,
  prefix: string,
  own: string,
  host: string,
): Promise<Claim | undefined> {
  for (const name of await readdir(dirname(path))) {
    const found = claimOf(join(dirname(path), name), prefix);
    if (found === undefined || found.path === own) continue;
    if (found.host !== host || (await isAlive(found))) return found;
    await rm(found.path, { force: true });
  }
  return undefined;
}

function claimOf(path: string, prefix: string): Claim | undefined {
  const name = basename(path);
  if (!name.startsWith(prefix)) return undefined;
  const [pid, started = '', , ...host] = name.slice(prefix.length).split('.');
  return { path, pid: Number(pid), started, host: host.join('.') };
}

const unknownStart = '0';

async function isAlive({ pid, started }: Claim): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is one, too.
    if (errnoOf(error) !== 'EPERM') return false;
  }
  const present = await startOf(pid);
  return present === undefined || started === unknownStart || present === started;
}

/** Boot and clock tick at which a process started; undefined where the platform does not tell. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1');
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The name of the program comes second, in parentheses, and may hold anything. See proc_pid_stat(5).
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A process that has ended, and whose parent has not asked for it yet, holds nothing.
    return state === 'Z' || state === 'X' ? 'ended' : `${boot.slice(0, 8)}-${fields[18]}`;
  } catch {
    return undefined;
  }
}

function blocked(path: string, { pid, host, path: lock }: Claim, here: string): SyncError {
  const elsewhere = host === here ? '' : ` on '${decodeURIComponent(host)}'`;
  return new SyncError('storage-blocked', `process ${pid}${elsewhere} has '${path}' open`, {
    hint:
      elsewhere === ''
        ? 'One process at a time has a log: end that one, or use another file.'
        : `Whether that process still runs cannot be seen from here; if it does not, remove '${lock}'.`,
    details: { pid, lock },
  });
}
