import {
  lastingServerStoreCases,
  logDamageCases,
  logDeviceCases,
  networkTransportCases,
  serverStoreCases,
  storageCases,
  tokenTransportCases,
  transportCases,
  type ConformanceCase,
} from 'syncline/testing';
import { describe, expect, it } from 'vitest';
import { fencesOf, read } from './fences.js';

/** Guides to writing an adapter, and the cases that hold it to their rules. */
const guides: Readonly<Record<string, readonly Pick<ConformanceCase<never>, 'name'>[]>> = {
  'docs/write-a-log-device.md': [...logDeviceCases, ...logDamageCases],
  'docs/write-a-storage-adapter.md': storageCases,
  'docs/write-a-transport.md': [...transportCases, ...networkTransportCases, ...tokenTransportCases],
  'docs/write-a-server-store.md': [...serverStoreCases, ...lastingServerStoreCases],
};

describe.each(Object.entries(guides))('%s', (path, cases) => {
  const page = read(path);

  it('names every case of the kit at a rule, and no other', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| '));
    const named = rows.flatMap((row) => [...row.matchAll(/\*([^*]+)\*/g)].map(([, name]) => name));
    expect(named.sort()).toEqual(cases.map(({ name }) => name).sort());
  });

  it('shows an example of fewer than 100 lines', () => {
    const [example] = fencesOf(path, page);
    expect(example?.code.trimEnd().split('\n').length).toBeLessThan(100);
  });
});

it('docs/write-a-log-device.md shows the device that passes the kit, as it is', () => {
  const path = 'docs/write-a-log-device.md';
  expect(fencesOf(path, read(path))[0]?.code).toBe(read('examples/custom-device/device.ts'));
});
