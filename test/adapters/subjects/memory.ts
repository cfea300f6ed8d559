import { createMemoryStore, memoryDevice, memoryStorage } from 'syncline/storage/memory';
import { logDeviceCases, storageCases } from 'syncline/testing';
import { subject } from './subject.js';

export const memory = [
  subject('storage', 'memoryStorage', storageCases, (run) => {
    const store = createMemoryStore();
    return run(() => memoryStorage({ store }));
  }),
  subject('log-device', 'memoryDevice', logDeviceCases, (run) => {
    const store = createMemoryStore();
    return run(() => memoryDevice(store));
  }),
];
