import { fileDevice, fileStorage } from 'syncline/storage/file';
import { logDamageCases, logDeviceCases, storageCases } from 'syncline/testing';
import { fileMedium } from '../storage/file-medium.js';
import { withFile } from './folder.js';
import { held, subject } from './subject.js';

export const file = [
  subject('storage', 'fileStorage', storageCases, (run) =>
    withFile((file) => run(() => fileStorage({ file }))),
  ),
  subject(
    'log-device',
    'fileDevice',
    logDeviceCases,
    (run) => withFile((file) => run(() => fileDevice({ file }))),
    held(logDamageCases, (run) =>
      withFile((file) => run({ create: () => fileDevice({ file }), medium: fileMedium(file) })),
    ),
  ),
];
