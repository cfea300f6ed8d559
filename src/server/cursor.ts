/** What a cursor says; to everyone but the server that made it, it is opaque. */
export interface Position {
  readonly epoch: string;
  /** Everything up to here was given out. */
  readonly seq: number;
  /**
   * In the middle of a run of pages: where the run began. A record that is still to come lies behind `seq`, but may
   * have changed before it as well, so only what it was at the beginning of the run is known to be held.
   */
  readonly since?: number;
  /**
   * The space's head when the run from the start began that led here. Deletes up to there were deletes already, so
   * that dropping them takes nothing from the run: a compaction does not send it back to its start.
   */
  readonly floor: number;
  /** Entities given out so far; absent: all. */
  readonly entities?: readonly string[];
}

const format =
  /^1\.([^.]+)\.([0-9a-z]{1,11})(?:-([0-9a-z]{1,11}))?\.([0-9a-z]{1,11})\.(\*|(?:[^.,]+(?:,[^.,]+)*)?)$/;

export function formatCursor({ epoch, seq, since, floor, entities }: Position): string {
  const scope = entities === undefined ? '*' : entities.map(encode).join(',');
  const place = since === undefined ? seq.toString(36) : `${seq.toString(36)}-${since.toString(36)}`;
  return `1.${encode(epoch)}.${place}.${floor.toString(36)}.${scope}`;
}

/** `undefined` for what is no cursor. */
export function parseCursor(text: string): Position | undefined {
  const [, epoch, seq, since, floor, scope] = format.exec(text) ?? [];
  if (epoch === undefined || seq === undefined || floor === undefined || scope === undefined)
    return undefined;
  try {
    return {
      epoch: decodeURIComponent(epoch),
      seq: parseInt(seq, 36),
      ...(since === undefined ? {} : { since: parseInt(since, 36) }),
      floor: parseInt(floor, 36),
      ...(scope === '*' ? {} : { entities: scope === '' ? [] : scope.split(',').map(decodeURIComponent) }),
    };
  } catch {
    return undefined;
  }
}

function encode(part: string): string {
  return encodeURIComponent(part).replaceAll('.', '%2E');
}
