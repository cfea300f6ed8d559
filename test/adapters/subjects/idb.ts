import 'fake-indexeddb/auto';
import { idbDevice, idbStorage } from 'syncline/storage/idb';
import { idbRowsStorage } from 'syncline/storage/idb-rows';
import { logDamageCases, logDeviceCases, storageCases } from 'syncline/testing';
import { idbMedium } from '../storage/media.js';
import { held, subject } from './subject.js';

/** Under Node, over an IndexedDB in memory. A real browser holds to the same cases in test/browser. */
const where = 'in fake-indexeddb';

export const idb = [
  subject('storage', `idbStorage, ${where}`, storageCases, (run) => {
    const name = crypto.randomUUID();
    return run(() => idbStorage({ name }));
  }),
  subject(
    'log-device',
    `idbDevice, ${where}`,
    logDeviceCases,
    (run) => {
      const name = crypto.randomUUID();
      return run(() => idbDevice({ name }));
    },
    held(logDamageCases, (run) => {
      const name = crypto.randomUUID();
      return run({ create: () => idbDevice({ name }), medium: idbMedium(name) });
    }),
  ),
];

export const idbRows = [
  subject('storage', `idbRowsStorage, ${where}`, storageCases, (run) => {
    const name = crypto.randomUUID();
    return run(() => idbRowsStorage({ name }));
  }),
];
