import type { Json } from './json.js';

/**
 * A conflict-free replicated data type, as far as Syncline must know it: documents are opaque bytes that merge.
 *
 * A state is all that was written to a document; an update is a part of it; every state is an update too. Merging is
 * commutative, associative and idempotent (https://doi.org/10.1007/978-3-642-24550-3_29), so updates may come twice,
 * late and in any order, an effect before its cause among them: it counts once its cause is there.
 *
 * Pure: what is handed in is not changed, and what comes out shares no memory with it. Bytes that this codec did not
 * write are refused with `SyncError` `protocol`.
 */
export interface CrdtCodec {
  readonly name: string;
  /** State of a document that nobody has written to. */
  empty(): Uint8Array;
  /** State that holds everything of both. */
  merge(state: Uint8Array, update: Uint8Array): Uint8Array;
  /** What a person sees in it. States that hold the same show the same. */
  read(state: Uint8Array): Json;
  /** How far a state goes, to be told to another side: short, where the data type allows it. */
  versionOf(state: Uint8Array): Uint8Array;
  /** What a state holds past a version of another: an update that brings the other side up to it, and no more. */
  since(state: Uint8Array, version: Uint8Array): Uint8Array;
}
