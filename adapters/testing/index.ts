/**
 * What every implementation of a contract must do, as cases for any test runner; and a simulator that looks for the
 * history in which your application goes wrong.
 *
 * @module syncline/testing
 */
export type { ConformanceCase } from './check.js';
export { crdtCodecCases } from './crdt-codec-cases.js';
export type { CrdtCodecCase, CrdtCodecSetup } from './crdt-codec-cases.js';
export { fieldRuleCases } from './field-rule-cases.js';
export type { FieldRuleCase, FieldRuleSetup } from './field-rule-cases.js';
export { logDamageCases } from './log-damage-cases.js';
export type { LogDamageCase, LogDamageSetup, LogMedium } from './log-damage-cases.js';
export { logDeviceCases } from './log-device-cases.js';
export type { LogDeviceCase, LogDeviceSetup } from './log-device-world.js';
export { serverBusCases } from './server-bus-cases.js';
export type { ServerBusCase, ServerBusSetup } from './server-bus-cases.js';
export { lastingServerStoreCases, serverStoreCases } from './server-store-cases.js';
export type { ServerStoreCase, ServerStoreSetup } from './server-store-world.js';
export { storageCases } from './storage-cases.js';
export type { StorageCase, StorageSetup } from './storage-world.js';
export { transportCases } from './transport-cases.js';
export { networkTransportCases } from './transport-network-cases.js';
export { tokenTransportCases } from './transport-token-cases.js';
export type {
  NetworkFault,
  ScriptedCall,
  ScriptedReply,
  ScriptedServer,
  TransportCase,
  TransportConditions,
  TransportLine,
  TransportSetup,
} from './transport-world.js';
export { wireCases } from './wire-cases.js';
export { wireEntity } from './wire-entity.js';
export type { WireRecord } from './wire-entity.js';
export type { WireFetch, WireSetup } from './wire-setup.js';
export type { WireCase } from './wire-world.js';

export { simulate, replay } from './simulator/simulate.js';
export type { SimulateOptions } from './simulator/simulate.js';
export type { Verdict } from './simulator/verdict.js';
export { simulateMany } from './simulator/simulate-many.js';
export type { SimulateManyOptions, Sweep, SweepProgress } from './simulator/simulate-many.js';
export { simulated } from './simulator/simulated.js';
export type {
  Act,
  ActContext,
  SimulatedCollection,
  SimulatedEntity,
  SimulatedOptions,
} from './simulator/simulated.js';
export type { Invariant, Invariants, Moment, SimulatedWrite } from './simulator/invariants.js';
export { faultKinds } from './simulator/faults.js';
export type { FaultCounts, FaultKind, PlannedFault } from './simulator/faults.js';
export { promiseNames } from './simulator/promises.js';
export type { BrokenPromise, PromiseName } from './simulator/promises.js';
export type { Program } from './simulator/program.js';
export type { Random } from './simulator/random.js';
export type { Profile, Step, WriteStep } from './simulator/steps.js';
export type { StorageFactory, StoragePlace } from './simulator/storage.js';
export type { TimelineEvent, TimelineKind, TimelinePlace } from './simulator/timeline.js';
export { timelineText } from './simulator/timeline-text.js';
export { timelineHtml } from './simulator/timeline-html.js';
