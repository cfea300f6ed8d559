import type { Stamp } from '../contracts/operation.js';
import { SyncError } from '../errors.js';

/** How far a stamp may run ahead of the clock on the wall before it is not believed: five minutes. */
export const maxDriftMs = 5 * 60 * 1000;

const timeMax = 2 ** 48 - 1;
const counterMax = 0xffff;
const replicaPattern = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * A stamp as text whose order as text is the order of time, then counter, then replica.
 *
 * `time` is in milliseconds since 1970, below 2^48; `counter` lies in `[0, 65535]`. Fails with code `validation`
 * when a part is out of its range.
 *
 * Time 1,700,000,000,000, counter 7 and replica `phone` make `018bcfe56800-0007-phone`.
 */
export function formatStamp(time: number, counter: number, replica: string): Stamp {
  if (!isIndex(time, timeMax) || !isIndex(counter, counterMax) || !replicaPattern.test(replica)) {
    throw new SyncError(
      'validation',
      `no stamp can be made of time ${time}, counter ${counter} and replica "${replica}"`,
      {
        hint: 'Time is whole milliseconds since 1970; a replica id is 1 to 64 of A-Z, a-z, 0-9, "_" and "-".',
      },
    );
  }
  return joined(time.toString(16).padStart(12, '0'), counter, replica);
}

/** Time of a stamp, in milliseconds since 1970. */
export function stampTime(stamp: Stamp): number {
  return parseInt(stamp.slice(0, 12), 16);
}

/** The replica that made a stamp. */
export function stampReplica(stamp: Stamp): string {
  return stamp.slice(18);
}

/**
 * The stamp of the next event of `replica`, at wall-clock time `now` in milliseconds.
 *
 * It is larger than `last`, the largest stamp seen so far, even when the clock stands still or was set back. A `last`
 * more than `maxDriftMs` ahead of `now` is not believed, so that one replica with a wrong clock cannot drag all
 * others along. A counter that overflows carries into the time.
 *
 * Source: Kulkarni et al., "Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases", 2014.
 */
export function nextStamp(last: Stamp | undefined, now: number, replica: string): Stamp {
  const present = Math.max(0, Math.floor(now));
  const lastTime = last === undefined ? -1 : stampTime(last);
  if (last === undefined || present > lastTime || lastTime - present > maxDriftMs)
    return formatStamp(present, 0, replica);
  const counter = stampCounter(last) + 1;
  if (counter > counterMax) return formatStamp(lastTime + 1, 0, replica);
  if (stampReplica(last) !== replica) return formatStamp(lastTime, counter, replica);
  // One of thousands in a row: all but the counter is known to be sound.
  return joined(last.slice(0, 12), counter, replica);
}

/** The larger of two stamps. */
export function laterStamp(a: Stamp, b: Stamp): Stamp {
  return a < b ? b : a;
}

/**
 * The stamp itself, or one of the same replica at `now` when it lies more than `driftMs` ahead of that.
 *
 * The counter starts at 0 then: of two stamps brought back at one moment, none overtakes the other.
 */
export function clampStamp(stamp: Stamp, now: number, driftMs: number): Stamp {
  const present = Math.max(0, Math.floor(now));
  return stampTime(stamp) - present > driftMs ? formatStamp(present, 0, stampReplica(stamp)) : stamp;
}

function stampCounter(stamp: Stamp): number {
  return parseInt(stamp.slice(13, 17), 16);
}

/** Not concatenated: with strings that are still in pieces `JSON.stringify` takes three times as long. */
function joined(time: string, counter: number, replica: string): Stamp {
  return [time, counter.toString(16).padStart(4, '0'), replica].join('-');
}

function isIndex(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

/** The same reading under another replica's name. */
export function withReplica(stamp: Stamp, replica: string): Stamp {
  return `${stamp.slice(0, 18)}${replica}`;
}
