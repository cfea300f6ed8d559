import { isSyncError } from 'syncline';
import { browserPlatform, type BrowserPlatformOptions } from 'syncline/platform/browser';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fakeLocks, fakePage, fakeServer, fakeTimers, settled } from './fakes.js';

afterEach(() => vi.unstubAllGlobals());

function watched(options: BrowserPlatformOptions = {}) {
  const page = fakePage();
  const timers = fakeTimers();
  const server = fakeServer();
  const { connectivity, close } = browserPlatform({
    probe: server.probe,
    runtime: timers.runtime,
    ...options,
  });
  const told: boolean[] = [];
  const stop = connectivity.subscribe((online) => told.push(online));
  const latest = async () => {
    await settled();
    const question = server.asked.at(-1);
    if (question === undefined) throw new Error('nobody asked');
    return question;
  };
  const answer = async (online: boolean) => {
    (await latest()).answer(online);
    await settled();
  };
  return { page, timers, server, connectivity, close, told, stop, answer, latest };
}

describe('without a page, as on a server', () => {
  test('it is online, and nothing is touched', async () => {
    vi.stubGlobal('navigator', undefined);
    const { connectivity, lease, close } = browserPlatform();
    const stop = connectivity.subscribe(() => undefined);
    expect(connectivity.isOnline()).toBe(true);
    const release = await lease.acquire('notes', { signal: new AbortController().signal });
    release();
    stop();
    close();
  });

  test('nothing is listened to before the first use', () => {
    const page = fakePage();
    const platform = browserPlatform({ healthUrl: '/health' });
    expect(platform.connectivity.isOnline()).toBe(true);
    expect(page.listeners()).toBe(0);
  });
});

describe('without a probe', () => {
  test("the browser's word counts, at once", () => {
    const page = fakePage();
    const { connectivity } = browserPlatform();
    const told: boolean[] = [];
    connectivity.subscribe((online) => told.push(online));
    page.navigator.onLine = false;
    page.emit('offline');
    page.emit('offline');
    expect(connectivity.isOnline()).toBe(false);
    page.navigator.onLine = true;
    page.emit('online');
    expect(told).toEqual([false, true]);
  });

  test('a change that was missed in the back/forward cache is noticed on the way out', () => {
    const page = fakePage();
    const { connectivity } = browserPlatform();
    const told: boolean[] = [];
    connectivity.subscribe((online) => told.push(online));
    page.navigator.onLine = false;
    page.transit('pageshow', true);
    expect(told).toEqual([false]);
  });

  test('there is no timer', () => {
    const timers = fakeTimers();
    const page = fakePage();
    browserPlatform({ runtime: timers.runtime }).connectivity.subscribe(() => undefined);
    page.emit('offline');
    page.emit('online');
    expect(timers.waiting()).toBe(0);
  });
});

describe('with a probe', () => {
  test('it asks at the start, and again each interval after an answer', async () => {
    const { timers, server, answer, told } = watched({ intervalMs: 30_000 });
    await answer(true);
    timers.pass(29_999);
    await settled();
    expect(server.asked).toHaveLength(1);
    timers.pass(1);
    await answer(false);
    timers.pass(30_000);
    await answer(true);
    expect(server.asked).toHaveLength(3);
    expect(told).toEqual([false, true]);
  });

  test('the browser says online, but only an answer makes it so', async () => {
    const { page, connectivity, answer, told } = watched();
    await answer(true);
    page.emit('offline');
    expect(told).toEqual([false]);
    page.emit('online');
    expect(connectivity.isOnline()).toBe(false);
    await answer(true);
    expect(told).toEqual([false, true]);
  });

  test('the browser wrongly says offline, and an answer puts it right', async () => {
    const { page, timers, connectivity, answer } = watched();
    await answer(true);
    page.navigator.onLine = false;
    page.emit('offline');
    timers.pass(30_000);
    await answer(true);
    expect(connectivity.isOnline()).toBe(true);
  });

  test.each([
    ['back online', (page: ReturnType<typeof fakePage>) => page.emit('online')],
    ['shown', (page: ReturnType<typeof fakePage>) => page.show('visible')],
    ['out of the back/forward cache', (page: ReturnType<typeof fakePage>) => page.transit('pageshow', true)],
  ])('it asks at once when the page is %s', async (_, happen) => {
    const { page, server, answer } = watched();
    await answer(true);
    happen(page);
    await settled();
    expect(server.asked).toHaveLength(2);
  });

  test('a page that is hidden is no reason to ask', async () => {
    const { page, server, answer } = watched();
    await answer(true);
    page.show('hidden');
    await settled();
    expect(server.asked).toHaveLength(1);
  });

  test('a question from before the network was back is given up, and its answer is not heard', async () => {
    const { page, latest, answer, connectivity, server } = watched();
    await answer(false);
    page.emit('online');
    const old = await latest();
    page.emit('online');
    await settled();
    expect(old.signal.aborted).toBe(true);
    expect(server.asked).toHaveLength(3);
    await answer(true);
    old.answer(false);
    await settled();
    expect(connectivity.isOnline()).toBe(true);
  });

  test('going offline gives up the question under way', async () => {
    const { page, latest, connectivity } = watched();
    const question = await latest();
    page.emit('offline');
    question.answer(true);
    await settled();
    expect(question.signal.aborted).toBe(true);
    expect(connectivity.isOnline()).toBe(false);
  });

  test('an answer that takes too long is no, even from a probe that cannot be stopped', async () => {
    const { timers, latest, told } = watched({ timeoutMs: 5_000 });
    const question = await latest();
    timers.pass(5_000);
    expect(told).toEqual([false]);
    expect(question.signal.aborted).toBe(true);
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('broken'))],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
  ])('one that %s says no', async (_, probe) => {
    const { told } = watched({ probe });
    await settled();
    expect(told).toEqual([false]);
  });
});

describe('asked by address', () => {
  const ask = async (respond: () => Promise<Response> | Response) => {
    fakePage();
    const calls: [string, RequestInit][] = [];
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      calls.push([url, init]);
      return respond();
    });
    const { connectivity, close } = browserPlatform({ healthUrl: '/health' });
    connectivity.subscribe(() => undefined);
    await settled();
    const online = connectivity.isOnline();
    close();
    return { online, calls };
  };

  test('it sends HEAD past every cache, and follows nobody', async () => {
    const { online, calls } = await ask(() => new Response(null));
    expect(online).toBe(true);
    expect(calls).toEqual([
      ['/health', expect.objectContaining({ method: 'HEAD', cache: 'no-store', redirect: 'error' })],
    ]);
  });

  test.each([
    [
      'a login page',
      () => new Response('<html>', { headers: { 'content-type': 'text/html; charset=utf-8' } }),
    ],
    ['a server that is unwell', () => new Response(null, { status: 503 })],
    ['a wrong address', () => new Response(null, { status: 404 })],
    ['a redirect, or no connection', () => Promise.reject(new TypeError('Failed to fetch'))],
  ])('%s is no answer', async (_, respond) => {
    expect((await ask(respond)).online).toBe(false);
  });
});

describe('listening', () => {
  test('each listener hears until it stops', async () => {
    const { connectivity, told, stop, answer, page } = watched();
    const others: boolean[] = [];
    connectivity.subscribe((online) => others.push(online));
    await answer(false);
    stop();
    page.emit('online');
    await answer(true);
    expect(told).toEqual([false]);
    expect(others).toEqual([false, true]);
  });

  test('one function that listens twice hears twice, and stops once', async () => {
    const { connectivity, answer } = watched();
    const listener = vi.fn();
    connectivity.subscribe(listener);
    connectivity.subscribe(listener)();
    await answer(false);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test.each(['stop', 'close'] as const)(
    'after %s nothing is left: no listener, no timer, no question',
    async (how) => {
      for (const midQuestion of [true, false]) {
        const world = watched();
        if (!midQuestion) await world.answer(true);
        const question = await world.latest();
        world[how]();
        expect(world.page.listeners()).toBe(0);
        expect(world.timers.waiting()).toBe(0);
        expect(question.signal.aborted).toBe(true);
        question.answer(false);
        await settled();
        expect(world.told).toEqual([]);
      }
    },
  );

  test('it starts afresh when somebody listens again', async () => {
    const { connectivity, stop, answer, server } = watched();
    await answer(false);
    stop();
    expect(connectivity.isOnline()).toBe(true);
    connectivity.subscribe(() => undefined);
    await settled();
    expect(server.asked).toHaveLength(2);
  });
});

describe('the lease', () => {
  const open = () => new AbortController().signal;

  test('one tab has it; the next gets it when that one lets go', async () => {
    const { locks, held, waiting } = fakeLocks();
    fakePage({ locks });
    const release = await browserPlatform().lease.acquire('notes', { signal: open() });
    const got: string[] = [];
    const second = browserPlatform().lease.acquire('notes', { signal: open() });
    void second.then(() => got.push('second'));
    await settled();
    expect([held('notes'), waiting(), got]).toEqual([true, 1, []]);
    release();
    await second;
    expect(held('notes')).toBe(true);
  });

  test('stores of different names do not wait for each other', async () => {
    const { locks } = fakeLocks();
    fakePage({ locks });
    const { lease } = browserPlatform();
    await lease.acquire('one', { signal: open() });
    await lease.acquire('two', { signal: open() });
  });

  test('who gives up waiting leaves the queue, with the reason', async () => {
    const { locks, waiting } = fakeLocks();
    const page = fakePage({ locks });
    const { lease } = browserPlatform();
    const release = await lease.acquire('notes', { signal: open() });
    const stop = new AbortController();
    const second = lease.acquire('notes', { signal: stop.signal });
    const third = lease.acquire('notes', { signal: AbortSignal.abort('too late') });
    stop.abort('enough');
    await expect(second).rejects.toBe('enough');
    await expect(third).rejects.toBe('too late');
    expect(waiting()).toBe(0);
    release();
    expect(page.listeners()).toBe(0);
  });

  test('a signal that aborts later takes nothing away', async () => {
    const { locks, held } = fakeLocks();
    fakePage({ locks });
    const stop = new AbortController();
    await browserPlatform().lease.acquire('notes', { signal: stop.signal });
    stop.abort();
    await settled();
    expect(held('notes')).toBe(true);
  });

  test('closing lets go of what is held, and rejects who waits', async () => {
    const { locks, held, waiting } = fakeLocks();
    const page = fakePage({ locks });
    const { lease, close } = browserPlatform();
    await lease.acquire('notes', { signal: open() });
    const second = lease.acquire('notes', { signal: open() });
    close();
    await expect(second).rejects.toSatisfy((error) => isSyncError(error, 'aborted'));
    await settled();
    expect([held('notes'), waiting(), page.listeners()]).toEqual([false, 0, 0]);
  });

  test('a page in the back/forward cache holds and awaits no lock, and takes part again afterwards', async () => {
    const { locks, held, waiting } = fakeLocks();
    const page = fakePage({ locks });
    const { lease } = browserPlatform();
    const release = await lease.acquire('notes', { signal: open() });
    let granted = false;
    const second = lease.acquire('notes', { signal: open() }).then(() => (granted = true));
    page.transit('pagehide', true);
    await settled();
    expect([held('notes'), waiting(), granted]).toEqual([false, 0, false]);
    page.transit('pageshow', true);
    await settled();
    expect([held('notes'), waiting()]).toEqual([true, 1]);
    release();
    await second;
  });

  test('a page that leaves for good, or is shown for the first time, changes nothing', async () => {
    const { locks, held, waiting } = fakeLocks();
    const page = fakePage({ locks });
    await browserPlatform().lease.acquire('notes', { signal: open() });
    page.transit('pageshow', false);
    page.transit('pagehide', false);
    await settled();
    expect([held('notes'), waiting()]).toEqual([true, 0]);
  });

  test.each([
    ['there are no locks', undefined],
    ['locks may not be used', { request: () => Promise.reject(new DOMException('no', 'SecurityError')) }],
  ])('it is granted where %s', async (_, locks) => {
    fakePage(locks === undefined ? {} : { locks: locks as unknown as LockManager });
    const { lease } = browserPlatform();
    const releases = [
      await lease.acquire('notes', { signal: open() }),
      await lease.acquire('notes', { signal: open() }),
    ];
    for (const release of releases) release();
  });
});
