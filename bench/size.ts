import { measureSize } from '../scripts/size.js';
import { judged, type Finding } from './findings.js';
import { spreadOf } from './statistics.js';

/** What the client, IndexedDB and HTTP add to an application that has rxjs and zod already. */
export async function sizeFinding(): Promise<Finding> {
  const { gzipBytes } = await measureSize();
  const subject = spreadOf([gzipBytes]);
  return {
    id: 'i',
    what: 'client, IndexedDB and HTTP, minified and gzipped',
    unit: 'bytes',
    subject,
    target: judged({ value: 12 * 1024 }, subject),
  };
}
