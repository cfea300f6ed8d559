/**
 * What every implementation of a contract must do, as cases for any test runner.
 *
 * @module syncline/testing
 */
export type { ConformanceCase } from './check.js';
export { crdtCodecCases } from './crdt-codec-cases.js';
export type { CrdtCodecCase, CrdtCodecSetup } from './crdt-codec-cases.js';
export { fieldRuleCases } from './field-rule-cases.js';
export type { FieldRuleCase, FieldRuleSetup } from './field-rule-cases.js';
export { logDeviceCases } from './log-device-cases.js';
export type { LogDeviceCase, LogDeviceSetup } from './log-device-world.js';
export { serverBusCases } from './server-bus-cases.js';
export type { ServerBusCase, ServerBusSetup } from './server-bus-cases.js';
export { lastingServerStoreCases, serverStoreCases } from './server-store-cases.js';
export type { ServerStoreCase, ServerStoreSetup } from './server-store-world.js';
export { storageCases } from './storage-cases.js';
export type { StorageCase, StorageSetup } from './storage-world.js';
export type { Random } from './simulator/random.js';
export { wireCases } from './wire-cases.js';
export { wireEntity } from './wire-entity.js';
export type { WireRecord } from './wire-entity.js';
export type { WireFetch, WireSetup } from './wire-setup.js';
export type { WireCase } from './wire-world.js';
