import { existsSync } from 'node:fs';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** `CHROMIUM_PATH`, or the system's Chromium. When there is none the launch fails, and says so. */
export const chromiumPath =
  process.env['CHROMIUM_PATH'] ?? candidates.find((path) => existsSync(path)) ?? '/usr/bin/chromium';

/** `--no-sandbox`: Chromium refuses to start as root with its sandbox on. */
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
