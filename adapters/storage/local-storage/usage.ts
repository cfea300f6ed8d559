import { LogArea } from './log-area.js';
import { platformArea, type KeyValueArea } from './surroundings.js';

/** All at two bytes for each UTF-16 code unit, keys included. */
export interface LocalStorageUsage {
  /** Of the log of this name. */
  readonly ownBytes: number;
  /** Of all that is in the area: the limit is for the whole origin. */
  readonly areaBytes: number;
  /** What the HTML Standard suggests and every browser gives, 5 MiB; Chromium gives twice as much. */
  readonly limitBytes: number;
}

const limitBytes = 5 * 1024 * 1024;

/** How much room the log of this name takes, and how much there is. */
export function localStorageUsage(options: {
  readonly name: string;
  readonly area?: KeyValueArea;
}): LocalStorageUsage {
  const area = options.area ?? platformArea();
  let [ownBytes, areaBytes] = [0, 0];
  if (area === undefined) return { ownBytes, areaBytes, limitBytes };
  const { prefix } = new LogArea(area, options.name);
  for (let at = 0; at < area.length; at++) {
    const key = area.key(at) ?? '';
    const bytes = 2 * (key.length + (area.getItem(key)?.length ?? 0));
    areaBytes += bytes;
    if (key.startsWith(prefix)) ownBytes += bytes;
  }
  return { ownBytes, areaBytes, limitBytes };
}
