import type { AreaEvents, KeyValueArea, TabLocks } from 'syncline/storage/local-storage';

/** Thrown by an area whose process was stopped. */
export class Stopped extends Error {}

export interface TextAreaOptions {
  /** UTF-16 code units of all keys and texts. */
  readonly limit?: number;
  /** Runs before each call that changes something; what it throws, the call throws. */
  readonly beforeChange?: () => void;
}

/** An area of keys and texts, as the HTML Standard has it. */
export function textArea(
  texts = new Map<string, string>(),
  { limit = Infinity, beforeChange = () => undefined }: TextAreaOptions = {},
): KeyValueArea & { readonly texts: Map<string, string> } {
  const size = () => [...texts].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
  return {
    texts,
    get length() {
      return texts.size;
    },
    key: (at) => [...texts.keys()][at] ?? null,
    getItem: (key) => texts.get(key) ?? null,
    setItem(key, text) {
      beforeChange();
      const old = texts.get(key);
      const added = old === undefined ? key.length + text.length : text.length - old.length;
      if (added > 0 && size() + added > limit) throw new DOMException('full', 'QuotaExceededError');
      texts.set(key, text);
    },
    removeItem(key) {
      beforeChange();
      texts.delete(key);
    },
  };
}

/** Web Locks among everybody who is handed this object. */
export function tabLocks(): TabLocks {
  const held: { readonly name: string }[] = [];
  const turns = new Map<string, Promise<unknown>>();
  return {
    async request(name, { mode }, callback) {
      const before = turns.get(name);
      const granted = (mode === 'exclusive' ? Promise.resolve(before) : Promise.resolve()).then(async () => {
        const lock = { name };
        held.push(lock);
        return callback().finally(() => held.splice(held.indexOf(lock), 1));
      });
      if (mode === 'exclusive')
        turns.set(
          name,
          granted.catch(() => undefined),
        );
      return granted;
    },
    query: async () => ({ held: [...held] }),
  };
}

export interface Tab {
  readonly area: KeyValueArea;
  readonly events: AreaEvents;
}

/**
 * Processes of a browser that see what the others wrote in their own time: in order, some milliseconds late, and after
 * the locks were passed on.
 */
export function slowBrowser(delayMs: () => number): { tab(): Tab; settled(): Promise<void> } {
  const tabs: {
    texts: Map<string, string>;
    listeners: Set<(event: StorageEvent) => void>;
    queue: Promise<void>;
  }[] = [];
  return {
    tab() {
      const own = {
        texts: new Map(tabs[0]?.texts),
        listeners: new Set<(event: StorageEvent) => void>(),
        queue: Promise.resolve(),
      };
      tabs.push(own);
      const spread = (key: string, newValue: string | null) => {
        for (const other of tabs) {
          if (other === own) continue;
          const arrival = new Promise((resolve) => setTimeout(resolve, delayMs()));
          other.queue = other.queue
            .then(() => arrival)
            .then(() => {
              if (newValue === null) other.texts.delete(key);
              else other.texts.set(key, newValue);
              for (const listener of other.listeners) listener({ key, newValue } as StorageEvent);
            });
        }
      };
      const area = textArea(own.texts);
      return {
        area: {
          get length() {
            return area.length;
          },
          key: (at) => area.key(at),
          getItem: (key) => area.getItem(key),
          setItem(key, text) {
            area.setItem(key, text);
            spread(key, text);
          },
          removeItem(key) {
            area.removeItem(key);
            spread(key, null);
          },
        },
        events: {
          addEventListener: (_, listener) => void own.listeners.add(listener),
          removeEventListener: (_, listener) => void own.listeners.delete(listener),
        },
      };
    },
    async settled() {
      for (const { queue } of tabs) await queue;
    },
  };
}
