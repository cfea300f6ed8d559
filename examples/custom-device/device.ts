import { SyncError, type LogDevice, type LogEntry, type LogSignals } from 'syncline';

/** What your platform has: texts by key. A `set` is done whole or not at all, and durable when it resolves. */
interface Texts {
  get(key: string): Promise<string | undefined>;
  set(key: string, text: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  keys(): Promise<string[]>;
}
/** The texts, and what all devices over them share. */
interface Shelf {
  readonly texts: Texts;
  turn: Promise<unknown>;
  head: number | undefined;
  readonly devices: Set<LogSignals>;
}

export function shelfDevice(shelf: Shelf): LogDevice {
  const { texts, devices } = shelf;
  let own: LogSignals | undefined; // undefined: not open

  function inTurn<T>(work: (upTo: number, chunks: number) => Promise<T>): Promise<T> {
    const done = shelf.turn.then(async () => {
      if (own === undefined) throw new SyncError('storage-closed', 'the shelf is not open');
      const { upTo, chunks } = pointerOf(await texts.get('log'));
      shelf.head ??= Math.max(upTo, ...(await texts.keys()).map((key) => placeOf('entry', key) ?? 0));
      return work(upTo, chunks);
    });
    shelf.turn = done.catch(() => (shelf.head = undefined)); // What a failed call has stored is looked up.
    return done;
  }
  const textAt = async (key: string) => (await texts.get(key)) ?? 'missing on the shelf';

  return {
    async open(signals = {}) {
      devices.add((own = { ...signals }));
      await inTurn(async () => undefined);
    },
    read: (after) =>
      inTurn(async (upTo, chunks) => {
        const entries: LogEntry[] = [];
        for (let position = Math.max(after, upTo) + 1; position <= (shelf.head ?? 0); position++)
          entries.push({ position, payload: await textAt(`entry ${position}`) });
        if (after >= upTo) return { entries };
        const keys = Array.from({ length: chunks }, (_, at) => `chunk ${upTo} ${at}`);
        return { snapshot: { upTo, chunks: await Promise.all(keys.map(textAt)) }, entries };
      }),
    append: (payload, { after }) =>
      inTurn(async () => {
        if (shelf.head !== after) return false; // Somebody else was first.
        await texts.set(`entry ${after + 1}`, payload);
        shelf.head = after + 1;
        for (const other of devices) if (other !== own) queueMicrotask(() => other.appended?.());
        return true;
      }),
    compact: (chunks, upTo) =>
      inTurn(async (current) => {
        if (current >= upTo) return false;
        for (const [at, chunk] of chunks.entries()) await texts.set(`chunk ${upTo} ${at}`, chunk);
        await texts.set('log', JSON.stringify({ format: 1, upTo, chunks: chunks.length })); // Now it counts.
        for (const key of await texts.keys())
          if ((placeOf('entry', key) ?? Infinity) <= upTo || (placeOf('chunk', key) ?? Infinity) < upTo)
            await texts.delete(key);
        return true;
      }),
    async close() {
      if (own !== undefined) devices.delete(own);
      own = undefined;
    },
    async destroy() {
      await this.close();
      await shelf.turn;
      for (const key of await texts.keys()) if (key !== 'log') await texts.delete(key);
      await texts.delete('log');
      shelf.head = undefined;
    },
  };
}

function placeOf(kind: 'entry' | 'chunk', key: string): number | undefined {
  return key.startsWith(`${kind} `) ? Number(key.split(' ')[1]) : undefined;
}
function pointerOf(text = '{"format":1,"upTo":0,"chunks":0}'): { upTo: number; chunks: number } {
  if (!/^\{"format":\d+[,}]/.test(text)) throw new SyncError('storage-corrupt', 'this is no log');
  const { format, upTo, chunks } = JSON.parse(text) as Record<'format' | 'upTo' | 'chunks', number>;
  if (format > 1) throw new SyncError('version', 'a newer release wrote this log');
  return { upTo, chunks };
}

/** A shelf in memory; put your platform's store in its place. */
export function emptyShelf(map = new Map<string, string>()): Shelf {
  const keys = async () => [...map.keys()];
  const get = async (key: string) => map.get(key);
  const set = async (key: string, text: string) => map.set(key, text);
  const texts = { get, set, keys, delete: async (key: string) => map.delete(key) };
  return { texts, turn: Promise.resolve(), head: undefined, devices: new Set() };
}
