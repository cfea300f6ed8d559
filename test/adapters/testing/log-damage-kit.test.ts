import type { LogDevice } from 'syncline';
import { localStorageDevice } from 'syncline/storage/local-storage';
import { logDamageCases, logDeviceCases, type LogDamageSetup } from 'syncline/testing';
import { expect, it } from 'vitest';
import { textArea } from '../storage/local-storage-world.js';
import { areaMedium } from '../storage/media.js';
import { expectCaught } from './kit.js';

const name = 'kit';

/** A device that differs from a sound one in these members. */
type Flaw = (sound: LogDevice, texts: Map<string, string>) => Partial<LogDevice>;

const untouched: Flaw = () => ({});

const pointerKey = `syncline:${name}:log`;

/** Writes down that the log is one of its own, and opens it then. */
const takesOver =
  (pointer: string): Flaw =>
  (sound, texts) => ({
    open: async (signals) => {
      if (texts.has(pointerKey)) texts.set(pointerKey, pointer);
      await sound.open(signals);
    },
  });

const brokenDevices: Record<string, readonly [caughtBy: string, flaw: Flaw]> = {
  'leaves out what it cannot read': [
    'a row changed on the medium is reported, kept aside and exported',
    (sound) => ({
      read: async (after) => {
        const { entries, ...rest } = await sound.read(after);
        return { ...rest, entries: entries.filter(({ payload }) => !payload.includes('~')) };
      },
    }),
  ],
  'gives up at the first damage': [
    'a row changed on the medium is reported, kept aside and exported',
    (sound) => ({
      read: async (after) => {
        const { entries, ...rest } = await sound.read(after);
        const first = entries.findIndex(({ payload }) => payload.includes('~'));
        return { ...rest, entries: first < 0 ? entries : entries.slice(0, first) };
      },
    }),
  ],
  'drops the entry before one that was cut short': [
    'a log cut short on the medium opens with what came before, and goes on',
    (sound) => ({
      read: async (after) => {
        const { entries, ...rest } = await sound.read(after);
        const isCut = entries.at(-1)?.payload.endsWith(']') === false;
        return { ...rest, entries: isCut ? entries.slice(0, -2) : entries };
      },
    }),
  ],
  'begins a new log over what it does not know': [
    'what is no log is refused, and left as it is',
    takesOver('syncline log 1 epoch 0 0'),
  ],
  'takes a newer layout for its own': [
    'a log of a newer layout is refused, and left as it is',
    takesOver('syncline log 1 epoch 0 0'),
  ],
  'counts how often it was opened': [
    'a log of a newer layout is refused, and left as it is',
    (sound, texts) => ({
      open: async (signals) => {
        texts.set('times', `${texts.get('times') ?? ''}I`);
        await sound.open(signals);
      },
    }),
  ],
  'leaves the entries out when the snapshot is damaged': [
    'a damaged snapshot takes no entry after it along',
    (sound) => ({
      read: async (after) => {
        const { entries, snapshot } = await sound.read(after);
        if (snapshot === undefined) return { entries };
        return { snapshot, entries: snapshot.chunks.some((chunk) => chunk.includes('~')) ? [] : entries };
      },
    }),
  ],
};

it.each(Object.entries(brokenDevices))(
  'logDamageCases catch a device that %s',
  async (_, [caughtBy, flaw]) => {
    await expectCaught(logDamageCases, caughtBy, { sound: setup(untouched), broken: setup(flaw) });
  },
);

const brokenReaders: Record<string, readonly [caughtBy: string, flaw: Flaw]> = {
  'writes down that it was exported': [
    'a damaged log can be exported, and is as it was afterwards',
    (sound) => ({
      close: async () => {
        const { entries } = await sound.read(0).catch(() => ({ entries: [] }));
        if (entries.length > 0) await sound.append('', { after: entries.length });
        await sound.close();
      },
    }),
  ],
  'translates what a newer release wrote': [
    'an entry of a newer release is refused, left as it is, and the others exported',
    (sound) => ({ append: (payload, options) => sound.append(payload.replace(/^2/, '1'), options) }),
  ],
};

it.each(Object.entries(brokenReaders))(
  'logDeviceCases catch a device that %s',
  async (_, [caughtBy, flaw]) => {
    await expectCaught(logDeviceCases, caughtBy, {
      sound: setup(untouched).create,
      broken: setup(flaw).create,
    });
  },
);

it('logDamageCases have names of their own', () => {
  expect(new Set(logDamageCases.map((one) => one.name)).size).toBe(logDamageCases.length);
});

function setup(flaw: Flaw): LogDamageSetup {
  const texts = new Map<string, string>();
  const area = textArea(texts);
  return {
    create: () => {
      const device = localStorageDevice({ name, area });
      const sound: LogDevice = {
        open: (signals) => device.open(signals),
        read: (after) => device.read(after),
        append: (payload, options) => device.append(payload, options),
        compact: (snapshot, upTo) => device.compact(snapshot, upTo),
        close: () => device.close(),
        destroy: () => device.destroy(),
      };
      return { ...sound, ...flaw(sound, texts) };
    },
    medium: areaMedium(area, name),
  };
}
