import {
  crdtCodecCases,
  fieldRuleCases,
  lastingServerStoreCases,
  logDamageCases,
  logDeviceCases,
  networkTransportCases,
  serverBusCases,
  serverStoreCases,
  storageCases,
  tokenTransportCases,
  transportCases,
} from 'syncline/testing';
import { codecs } from './codecs.js';
import { encrypted } from './encrypted.js';
import { file } from './file.js';
import { http } from './http.js';
import { idb, idbRows } from './idb.js';
import { localBuses } from './local-bus.js';
import { localStorages } from './local-storage.js';
import { loopback } from './loopback.js';
import { memory } from './memory.js';
import { rules } from './rules.js';
import { memoryServerStore, sqliteServerStores } from './server-stores.js';
import { sqlite } from './sqlite.js';
import type { KitName, Subject } from './subject.js';

/** Everything that is held to a kit under Node. An adapter that is not in this list is not in docs/conformance.md. */
export const subjects: readonly Subject[] = [
  ...memory,
  ...idb,
  ...idbRows,
  ...localStorages,
  ...file,
  ...sqlite,
  ...encrypted,
  http,
  loopback,
  memoryServerStore,
  ...sqliteServerStores,
  localBuses,
  ...rules,
  ...codecs,
];

export interface Kit {
  readonly title: string;
  /** As the cases are imported from `syncline/testing`, with their cases. */
  readonly lists: Readonly<Record<string, readonly { readonly name: string }[]>>;
}

export const kits: Readonly<Record<KitName, Kit>> = {
  storage: { title: 'Storage', lists: { storageCases } },
  'log-device': { title: 'Log devices', lists: { logDeviceCases, logDamageCases } },
  transport: { title: 'Transports', lists: { transportCases, networkTransportCases, tokenTransportCases } },
  'server-store': { title: 'Server stores', lists: { serverStoreCases, lastingServerStoreCases } },
  'server-bus': { title: 'Server buses', lists: { serverBusCases } },
  'field-rule': { title: 'Field rules', lists: { fieldRuleCases } },
  'crdt-codec': { title: 'CRDT codecs', lists: { crdtCodecCases } },
};
