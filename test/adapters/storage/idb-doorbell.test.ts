import type { IdbChannel } from 'syncline/storage/idb';
import { expect, it, vi } from 'vitest';
import { Doorbell } from '../../../adapters/shared/idb/doorbell.js';

/** Channels of one name; messages arrive when `deliver` is called. */
function post() {
  const channels = new Set<IdbChannel>();
  const inbox: (() => void)[] = [];
  const sent: unknown[] = [];
  const channel = (): IdbChannel => {
    const own: IdbChannel = {
      onmessage: null,
      postMessage(message) {
        sent.push(message);
        for (const other of channels) {
          if (other !== own) inbox.push(() => other.onmessage?.({ data: message } as MessageEvent));
        }
      },
      close: () => channels.delete(own),
    };
    channels.add(own);
    return own;
  };
  const deliver = () => {
    for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) next();
  };
  return { channel, deliver, sent };
}

it('says nothing of appends to an empty room', () => {
  const { channel, deliver, sent } = post();
  const bell = new Doorbell(channel(), vi.fn());
  bell.ring();
  bell.ring();
  deliver();
  expect(sent).toEqual(['hello']);
});

it('rings for everybody once they know of each other', () => {
  const { channel, deliver } = post();
  const [first, second] = [vi.fn(), vi.fn()];
  const bell = new Doorbell(channel(), first);
  const newcomer = new Doorbell(channel(), second);
  deliver();
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
  bell.ring();
  newcomer.ring();
  deliver();
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([2, 2]);
});

it('rings late for what a newcomer appended before it heard anybody', () => {
  const { channel, deliver } = post();
  const heard = vi.fn();
  new Doorbell(channel(), heard);
  const newcomer = new Doorbell(channel(), vi.fn());
  newcomer.ring();
  deliver();
  // The hello, and the ring that was owed.
  expect(heard).toHaveBeenCalledTimes(2);
});

it('is silent once it is closed', () => {
  const { channel, deliver } = post();
  const heard = vi.fn();
  new Doorbell(channel(), heard).close();
  new Doorbell(channel(), vi.fn()).ring();
  deliver();
  expect(heard).not.toHaveBeenCalled();
});
