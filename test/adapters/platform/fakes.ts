import { vi } from 'vitest';

/** A page's events, connection and locks in Node; counts the listeners that are left. */
export function fakePage({ locks }: { readonly locks?: LockManager } = {}) {
  const window = new CountingTarget();
  const document = Object.assign(new CountingTarget(), { visibilityState: 'visible' });
  const navigator = { onLine: true, ...(locks === undefined ? {} : { locks }) };
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window));
  vi.stubGlobal('document', document);
  vi.stubGlobal('navigator', navigator);
  return {
    navigator,
    document,
    emit: (type: string) => window.dispatchEvent(new Event(type)),
    /** Into the back/forward cache, or out of it; or away for good. */
    transit: (type: 'pagehide' | 'pageshow', persisted: boolean) =>
      window.dispatchEvent(Object.assign(new Event(type), { persisted })),
    show(visibilityState: 'visible' | 'hidden') {
      document.visibilityState = visibilityState;
      document.dispatchEvent(new Event('visibilitychange'));
    },
    listeners: () => window.count + document.count,
  };
}

class CountingTarget extends EventTarget {
  count = 0;

  override addEventListener(type: string, listener: EventListener): void {
    this.count++;
    super.addEventListener(type, listener);
  }

  override removeEventListener(type: string, listener: EventListener): void {
    this.count--;
    super.removeEventListener(type, listener);
  }
}

/** Time that passes when told to. */
export function fakeTimers() {
  const timers = new Set<{ readonly dueAt: number; readonly callback: () => void }>();
  let now = 0;
  return {
    runtime: {
      setTimer(delayMs: number, callback: () => void) {
        const timer = { dueAt: now + delayMs, callback };
        timers.add(timer);
        return () => void timers.delete(timer);
      },
    },
    pass(delayMs: number) {
      now += delayMs;
      for (const timer of [...timers]) {
        if (timer.dueAt > now || !timers.delete(timer)) continue;
        timer.callback();
      }
    },
    waiting: () => timers.size,
  };
}

interface Request {
  readonly name: string;
  readonly grant: () => void;
}

/** Exclusive Web Locks of one origin, first come, first served. */
export function fakeLocks() {
  const held = new Set<string>();
  const queue: Request[] = [];
  const process = () => {
    const next = queue.findIndex(({ name }) => !held.has(name));
    if (next !== -1) queue.splice(next, 1)[0]?.grant();
  };
  const request = (name: string, { signal }: LockOptions, keep: () => Promise<void>) =>
    new Promise<void>((resolve, reject) => {
      const wanted: Request = {
        name,
        grant() {
          held.add(name);
          void Promise.resolve()
            .then(keep)
            .then(() => {
              held.delete(name);
              resolve();
              process();
            });
        },
      };
      signal?.addEventListener('abort', () => {
        const at = queue.indexOf(wanted);
        if (at !== -1) queue.splice(at, 1);
        reject(signal.reason as Error);
      });
      queue.push(wanted);
      process();
    });
  return {
    locks: { request } as unknown as LockManager,
    held: (name: string) => held.has(`syncline:${name}`),
    waiting: () => queue.length,
  };
}

/** A server that is asked by `HEAD`, and answers when the test says so. */
export function fakeServer() {
  const asked: { readonly signal: AbortSignal; answer(online: boolean): void }[] = [];
  return {
    asked,
    probe: ({ signal }: { readonly signal: AbortSignal }) =>
      new Promise<boolean>((answer) => asked.push({ signal, answer })),
  };
}

/** Long enough for all promises that can settle. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
