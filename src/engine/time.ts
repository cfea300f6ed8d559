import { maxDriftMs } from '../causality/stamp.js';
import type { Runtime } from '../contracts/runtime.js';
import type { SyncRow } from './rows.js';

/** The device's time, or the server's as last heard where the device is too far off to be believed. */
export function correctedNow(runtime: Runtime, { offsetMs }: SyncRow): number {
  return Math.floor(runtime.now() + (Math.abs(offsetMs) > maxDriftMs ? offsetMs : 0));
}
