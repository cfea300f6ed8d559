import { createLocalLine, localBus } from 'syncline/server-bus/local';
import { serverBusCases } from 'syncline/testing';
import { subject } from './subject.js';

export const localBuses = subject('server-bus', 'localBus', serverBusCases, (run) => {
  const line = createLocalLine();
  return run(() => localBus(line));
});
