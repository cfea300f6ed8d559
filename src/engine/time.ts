import { maxDriftMs } from '../causality/stamp.js';
import type { Runtime } from '../contracts/runtime.js';
import type { SyncRow } from './rows.js';

/** The device's time, or the server's as last heard where the device is too far off to be believed. */
export function correctedNow(runtime: Runtime, sync: SyncRow | undefined): number {
  const offsetMs = sync?.offsetMs ?? 0;
  return Math.floor(runtime.now() + (Math.abs(offsetMs) > maxDriftMs ? offsetMs : 0));
}
