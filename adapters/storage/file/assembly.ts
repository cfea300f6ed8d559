import type { LogContents, LogEntry } from 'syncline';
import type { Debris, Frame, Piece } from './frames.js';

/** Where an entry lies in the file. */
export interface Place {
  readonly position: number;
  readonly at: number;
}

/** In place of an entry that was lost together with the one before it. */
const lostText = 'lost with the entry before it';

/** Before what is unreadable, so that nobody takes the beginning of it for a header of a payload's own. */
const debrisMark = 'unreadable in the file: ';

/**
 * Puts the pieces of a file together. What is unreadable takes the place of what is missing there, so that the reader
 * of the log reports it and keeps it aside.
 */
export class Assembly {
  readonly entries: LogEntry[] = [];
  readonly places: Place[] = [];
  #snapshot: { upTo: number; chunks: string[] } | undefined;
  #head: number;
  #debris: Debris | undefined;

  /** `head`: position after which the pieces begin. */
  constructor(head = 0) {
    this.#head = head;
  }

  get head(): number {
    return this.#head;
  }

  get upTo(): number {
    return this.#snapshot?.upTo ?? 0;
  }

  get contents(): LogContents {
    const { entries } = this;
    return this.#snapshot === undefined ? { entries } : { snapshot: this.#snapshot, entries };
  }

  add(piece: Piece): void {
    if (piece.kind === 'debris') this.#debris = { ...piece, text: debrisMark + piece.text };
    else if (piece.kind === 'E') this.#addEntry(piece);
    else this.#addToSnapshot(piece);
  }

  /** What is unreadable at the end is one entry: more cannot be known. */
  finish(): void {
    const debris = this.#debris;
    if (debris === undefined) return;
    if (this.#snapshot !== undefined && this.entries.length === 0) this.#closeSnapshot(this.upTo);
    else this.#push(this.#head + 1, debris.text, debris.at);
  }

  #addToSnapshot({ kind, position, text }: Frame): void {
    this.#closeSnapshot(position);
    if (kind === 'C') this.#snapshot?.chunks.push(text);
  }

  /** Takes debris for a chunk. */
  #closeSnapshot(upTo: number): void {
    this.#snapshot ??= { upTo, chunks: [] };
    if (this.#debris !== undefined) this.#snapshot.chunks.push(this.#debris.text);
    this.#debris = undefined;
    this.#head = upTo;
  }

  #addEntry({ position, text, at }: Frame): void {
    if (position <= this.#head) return;
    const lost = position - this.#head - 1;
    const isFirst = this.entries.length === 0;
    if (this.#debris !== undefined && isFirst && (this.#snapshot ? lost === 0 : this.#head === 0)) {
      this.#closeSnapshot(position - 1);
    } else if (this.#debris !== undefined) {
      // Where no entry is missing, its writer gave up what lies there.
      const debris = this.#debris;
      for (let missing = 0; missing < lost; missing++)
        this.#push(this.#head + 1, missing === 0 ? debris.text : lostText, debris.at);
    }
    this.#debris = undefined;
    this.#push(position, text, at);
  }

  #push(position: number, payload: string, at: number): void {
    this.entries.push({ position, payload });
    this.places.push({ position, at });
    this.#head = position;
  }
}
