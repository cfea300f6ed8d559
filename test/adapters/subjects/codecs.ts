import { crdtCodecCases } from 'syncline/testing';
import { growOnlySet, lastWriterRegister } from '../testing/codecs.js';
import { subject } from './subject.js';

export const codecs = [growOnlySet, lastWriterRegister].map((setup) =>
  subject('crdt-codec', `${setup.codec.name}, in the tests`, crdtCodecCases, (run) => run(setup)),
);
