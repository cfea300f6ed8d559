import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clampStamp,
  formatStamp,
  laterStamp,
  maxDriftMs,
  nextStamp,
  stampReplica,
  stampTime,
} from '../../src/causality/stamp.js';
import { isSyncError } from '../../src/errors.js';
import { stamp as stampShape } from '../../src/protocol/values.js';

const start = 1_700_000_000_000;
const dayMs = 24 * 60 * 60 * 1000;
const timeArb = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const counterArb = fc.integer({ min: 0, max: 0xffff });
const replicaArb = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

/** Whether the protocol takes it for a stamp. */
const isStamp = (value: unknown) => stampShape.safeParse(value).success;

describe('the text of a stamp', () => {
  it('gives back its time and replica', () => {
    expect(formatStamp(start, 7, 'phone')).toBe('018bcfe56800-0007-phone');
    fc.assert(
      fc.property(timeArb, counterArb, replicaArb, (time, counter, replica) => {
        const stamp = formatStamp(time, counter, replica);
        expect(isStamp(stamp)).toBe(true);
        expect([stampTime(stamp), stampReplica(stamp)]).toEqual([time, replica]);
      }),
    );
  });

  it('sorts by time, then counter, then replica', () => {
    const partsArb = fc.tuple(timeArb, counterArb, replicaArb);
    fc.assert(
      fc.property(partsArb, partsArb, fc.boolean(), fc.boolean(), (a, b, sameTime, sameCounter) => {
        const c = [sameTime ? a[0] : b[0], sameCounter ? a[1] : b[1], b[2]] as const;
        const differs = a.findIndex((part, i) => part !== c[i]);
        const isLess = differs >= 0 && a[differs]! < c[differs]!;
        expect(formatStamp(...a) < formatStamp(...c)).toBe(isLess);
        expect(laterStamp(formatStamp(...a), formatStamp(...c))).toBe(
          isLess ? formatStamp(...c) : formatStamp(...a),
        );
      }),
    );
  });

  it.each([
    [-1, 0, 'p'],
    [2 ** 48, 0, 'p'],
    [1.5, 0, 'p'],
    [NaN, 0, 'p'],
    [0, -1, 'p'],
    [0, 0x10000, 'p'],
    [0, 0, ''],
    [0, 0, 'a b'],
    [0, 0, 'p\n'],
    [0, 0, 'p'.repeat(65)],
  ])('refuses time %s, counter %s, replica "%s"', (time, counter, replica) => {
    expect(() => formatStamp(time, counter, replica)).toThrow(
      expect.toSatisfy((e) => isSyncError(e, 'validation')),
    );
  });

  it('is told from any other value', () => {
    const stamp = formatStamp(start, 1, 'p');
    for (const other of [
      stamp.toUpperCase(),
      ` ${stamp}`,
      `${stamp}\n`,
      stamp.slice(0, 18),
      stamp.slice(1),
      '',
      5,
      null,
      undefined,
      {},
    ]) {
      expect(isStamp(other)).toBe(false);
    }
  });
});

describe('the next stamp', () => {
  it('is larger than the last however the clock jumps, unless the last lies too far ahead', () => {
    const jumpArb = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: -maxDriftMs, max: maxDriftMs }),
      fc.integer({ min: -dayMs, max: dayMs }),
    );
    const eventArb = fc.record({ jump: jumpArb, heard: fc.option(fc.tuple(jumpArb, counterArb)) });
    fc.assert(
      fc.property(fc.array(eventArb, { maxLength: 60 }), (events) => {
        let now = start;
        let last: string | undefined;
        for (const { jump, heard } of events) {
          now += jump;
          if (heard !== null) {
            const [offset, counter] = heard;
            const other = formatStamp(now + offset, counter, 'zz');
            last = last === undefined ? other : laterStamp(last, other);
          }
          const next = nextStamp(last, now, 'me');
          expect(isStamp(next) && stampReplica(next) === 'me').toBe(true);
          if (last === undefined || stampTime(last) - now > maxDriftMs)
            expect(next).toBe(formatStamp(now, 0, 'me'));
          else expect(next > last).toBe(true);
          expect(stampTime(next)).toBeGreaterThanOrEqual(now);
          expect(stampTime(next)).toBeLessThanOrEqual(now + maxDriftMs + 1);
          last = next;
        }
      }),
    );
  });

  it('believes a last stamp five minutes ahead, and not one a millisecond further', () => {
    const ahead = formatStamp(start + maxDriftMs, 3, 'zz');
    expect(nextStamp(ahead, start, 'me')).toBe(formatStamp(start + maxDriftMs, 4, 'me'));
    expect(nextStamp(ahead, start - 1, 'me')).toBe(formatStamp(start - 1, 0, 'me'));
  });

  it('orders 70,000 events of one millisecond and carries the overflow into the time', () => {
    let last: string | undefined;
    for (let i = 0; i < 70_000; i++) {
      const next = nextStamp(last, start, 'me');
      if (last !== undefined && next <= last) throw new Error(`event ${i}: ${next} is not after ${last}`);
      last = next;
    }
    expect(last).toBe(formatStamp(start + 1, 70_000 - 0x10000 - 1, 'me'));
  });

  it('follows a clock with fractions, or one from before 1970', () => {
    expect(nextStamp(undefined, start + 0.7, 'me')).toBe(formatStamp(start, 0, 'me'));
    expect(nextStamp(undefined, -5, 'me')).toBe(formatStamp(0, 0, 'me'));
  });
});

describe('a stamp brought back', () => {
  it('stays as it is up to five minutes ahead, and gets the present time beyond', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -dayMs, max: dayMs }),
        counterArb,
        replicaArb,
        (offset, counter, replica) => {
          const stamp = formatStamp(start + offset, counter, replica);
          expect(clampStamp(stamp, start, maxDriftMs)).toBe(
            offset > maxDriftMs ? formatStamp(start, 0, replica) : stamp,
          );
        },
      ),
    );
  });

  it('overtakes no other one that is brought back with it', () => {
    const aheadArb = fc.tuple(fc.integer({ min: maxDriftMs + 1, max: dayMs }), counterArb);
    fc.assert(
      fc.property(aheadArb, aheadArb, ([offset, counter], [otherOffset, otherCounter]) => {
        const stamps = [
          formatStamp(start + offset, counter, 'p'),
          formatStamp(start + otherOffset, otherCounter, 'p'),
        ].sort();
        const [first = '', second = ''] = stamps.map((stamp) => clampStamp(stamp, start, maxDriftMs));
        expect(first <= second).toBe(true);
      }),
    );
  });
});
