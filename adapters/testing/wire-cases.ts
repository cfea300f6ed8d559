import { wireAnswerCases } from './wire-answer-cases.js';
import { wireClientCases } from './wire-client-cases.js';
import { wireConflictCases } from './wire-conflict-cases.js';
import { wireDeskCases } from './wire-desk-cases.js';
import { wireHttpCases } from './wire-http-cases.js';
import { wirePullCases } from './wire-pull-cases.js';
import { wireRefusalCases } from './wire-refusal-cases.js';
import type { WireCase } from './wire-world.js';
import { wireWriteCases } from './wire-write-cases.js';

/**
 * What every server that speaks the protocol must do, in whatever language it is written: docs/protocol.md as cases.
 *
 * Each case asks the server over HTTP. **They write records**, into a new space where the server gives one, else among
 * the caller's own; all under names that nobody has.
 */
export const wireCases: readonly WireCase[] = [
  ...wireWriteCases,
  ...wireAnswerCases,
  ...wireConflictCases,
  ...wirePullCases,
  ...wireRefusalCases,
  ...wireHttpCases,
  ...wireDeskCases,
  ...wireClientCases,
];
