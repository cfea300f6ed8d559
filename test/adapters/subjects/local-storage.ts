import { localStorageDevice, localStorageStorage } from 'syncline/storage/local-storage';
import { logDamageCases, logDeviceCases, storageCases } from 'syncline/testing';
import { tabLocks, textArea } from '../storage/local-storage-world.js';
import { areaMedium } from '../storage/media.js';
import { held, subject } from './subject.js';

export const localStorages = [
  subject('storage', 'localStorageStorage', storageCases, (run) => {
    const area = textArea();
    return run(() => localStorageStorage({ name: 'kit', area }));
  }),
  subject(
    'log-device',
    'localStorageDevice',
    logDeviceCases,
    (run) => {
      const area = textArea();
      return run(() => localStorageDevice({ name: 'kit', area }));
    },
    held(logDamageCases, (run) => {
      const area = textArea();
      return run({
        create: () => localStorageDevice({ name: 'kit', area }),
        medium: areaMedium(area, 'kit'),
      });
    }),
  ),
  subject('log-device', 'localStorageDevice, with locks', logDeviceCases, (run) => {
    const options = { name: 'kit', area: textArea(), locks: tabLocks() };
    return run(() => localStorageDevice(options));
  }),
];
