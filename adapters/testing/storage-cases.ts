import { storageDurabilityCases } from './storage-durability-cases.js';
import { storageLifecycleCases } from './storage-lifecycle-cases.js';
import { storageOrderCases } from './storage-order-cases.js';
import { storageRowCases } from './storage-row-cases.js';
import { storageSharingCases } from './storage-sharing-cases.js';
import type { StorageCase } from './storage-world.js';

/**
 * What every `StorageAdapter` must do, whatever it stands on.
 *
 * @example
 * ```ts
 * import { storageCases } from 'syncline/testing';
 * import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
 *
 * for (const { run } of storageCases) {
 *   const store = createMemoryStore();
 *   await run(() => memoryStorage({ store }));
 * }
 * ```
 */
export const storageCases: readonly StorageCase[] = [
  ...storageRowCases,
  ...storageOrderCases,
  ...storageSharingCases,
  ...storageDurabilityCases,
  ...storageLifecycleCases,
];
