import { crc32 } from 'node:zlib';
import { SyncError } from 'syncline';
import type { ByteSource } from './byte-source.js';

/** `E` an entry, `S` where the snapshot ends, `C` a chunk of it; the position of the last two is the snapshot's end. */
export type FrameKind = 'E' | 'S' | 'C';

interface Head {
  readonly kind: FrameKind;
  readonly position: number;
  readonly bytes: number;
}

export interface Frame {
  readonly kind: FrameKind;
  readonly position: number;
  readonly text: string;
  /** Where it begins in the file, and where the next piece does. */
  readonly at: number;
  readonly end: number;
}

/** Bytes where a frame should be. */
export interface Debris extends Omit<Frame, 'kind' | 'position'> {
  readonly kind: 'debris';
  /** An append that stopped on its way: nobody was told of it. */
  readonly torn: boolean;
  /** What has to come before a frame that is to be found behind it. */
  readonly closing: Buffer;
}

export type Piece = Frame | Debris;

const magic = 'syncline log ';
const formatVersion = 1;

/** The first line of the file. */
export const fileHead = Buffer.from(`${magic}${formatVersion}\n`);

const headLength = 33;
const headPattern = /^([ESC]) ([0-9a-f]{12}) ([0-9a-f]{8}) ([0-9a-f]{8})\n$/;
const lineFeed = 0x0a;

/** Throws `storage-corrupt` for a file that is no log, and `version` for one of a newer release. */
export async function checkFileHead(source: ByteSource, path: string): Promise<void> {
  const line = (await source.bytes(0, fileHead.length)).toString('latin1');
  if (line === fileHead.toString('latin1')) return;
  const version = new RegExp(`^${magic}(\\d+)`).exec(line)?.[1];
  if (version !== undefined && Number(version) > formatVersion) {
    throw new SyncError('version', `'${path}' was written by a newer release`, {
      hint: 'Load the newer release of the application again; nothing was changed.',
    });
  }
  throw new SyncError('storage-corrupt', `'${path}' is no log of Syncline, or its first line is damaged`, {
    hint: 'Name another file, or restore this one; nothing was changed.',
  });
}

/** A line that says what follows, with a checksum of its own; the payload in UTF-8; a line feed. */
export function encodeFrame(kind: FrameKind, position: number, payload: string): Buffer {
  const body = Buffer.from(payload);
  const head = `${kind} ${hex(position, 12)} ${hex(body.length, 8)}`;
  return Buffer.concat([Buffer.from(`${head} ${hex(crc32(head), 8)}\n`), body, Buffer.from('\n')]);
}

/** Everything from a place on, in order; nothing is left out. */
export async function* scan(source: ByteSource, from: number): AsyncGenerator<Piece> {
  for (let at = from; at < source.size;) {
    const piece = await pieceAt(source, at);
    yield piece;
    at = piece.end;
  }
}

async function pieceAt(source: ByteSource, at: number): Promise<Piece> {
  const head = headOf(await source.bytes(at, headLength));
  if (head === undefined) return debrisAt(source, at);
  const { kind, position, bytes } = head;
  const from = at + headLength;
  const end = from + bytes + 1;
  // What was never written is missing, or zero.
  const complete = end < source.size || (end === source.size && (await source.bytes(end - 1, 1))[0] !== 0);
  if (complete) return { kind, position, at, end, text: (await source.bytes(from, bytes)).toString() };
  const text = (await source.bytes(at, source.size - at)).toString();
  // It still says how long it is, and would take in what comes after.
  const closing = Buffer.alloc(end - source.size);
  return { kind: 'debris', at, end: source.size, text, torn: kind === 'E', closing };
}

/** From a place where no frame begins to the next one that does. */
async function debrisAt(source: ByteSource, at: number): Promise<Piece> {
  const rest = await source.bytes(at, source.size - at);
  let line = rest.indexOf(lineFeed) + 1;
  while (line > 0 && headOf(rest.subarray(line, line + headLength)) === undefined)
    line = rest.indexOf(lineFeed, line) + 1;
  const found = line > 0 ? rest.subarray(0, line) : rest;
  // A snapshot was flushed before it got its name: only an entry can have been stopped on its way.
  const begun = rest[0] === 'E'.charCodeAt(0) || rest[0] === 0;
  const torn = line === 0 && begun && rest.at(-1) !== lineFeed;
  // Not a line feed alone, which would make the line whole that says what follows.
  const closing = Buffer.from(found.at(-1) === lineFeed ? '' : ' \n');
  return { kind: 'debris', at, end: at + found.length, text: found.toString(), torn, closing };
}

function headOf(bytes: Buffer): Head | undefined {
  const line = bytes.toString('latin1');
  const [, kind, position = '', length = '', sum = ''] = headPattern.exec(line) ?? [];
  if (kind === undefined || crc32(line.slice(0, headLength - 10)) !== Number.parseInt(sum, 16))
    return undefined;
  return {
    kind: kind as FrameKind,
    position: Number.parseInt(position, 16),
    bytes: Number.parseInt(length, 16),
  };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
