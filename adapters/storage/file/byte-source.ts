import type { FileHandle } from 'node:fs/promises';

/** Bytes fetched at once: many small frames cost one call, and a file is never in memory as a whole. */
const pieceBytes = 1024 * 1024;

/** A file as it stands at one moment, read forwards through a buffer. */
export class ByteSource {
  readonly #handle: FileHandle;
  readonly size: number;
  #buffer: Buffer = Buffer.alloc(0);
  #from = 0;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  /** The bytes from a place on; fewer where the file ends before. */
  async bytes(at: number, length: number): Promise<Buffer> {
    const end = Math.min(this.size, at + length);
    if (at < this.#from || end > this.#from + this.#buffer.length) await this.#fetch(at, end);
    return this.#buffer.subarray(at - this.#from, end - this.#from);
  }

  async #fetch(at: number, end: number): Promise<void> {
    const wanted = Math.min(this.size, Math.max(end, at + pieceBytes));
    const kept =
      at < this.#from
        ? Buffer.alloc(0)
        : this.#buffer.subarray(Math.min(at - this.#from, this.#buffer.length));
    const buffer = Buffer.allocUnsafe(wanted - at);
    kept.copy(buffer);
    let filled = Math.min(kept.length, buffer.length);
    while (filled < buffer.length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, buffer.length - filled, at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#buffer = buffer.subarray(0, filled);
    this.#from = at;
  }
}
