import type { BenchPage, Contender, Prepared } from '../contract.js';
import { cold, coldFill } from './cold-cases.js';
import { liveHundred, liveOne } from './live-cases.js';
import * as local from './local-cases.js';

const cases: Readonly<Record<string, Readonly<Record<string, Contender>>>> = {
  insert: local.insert,
  strict: local.insertStrict,
  concurrent: local.concurrent,
  bulk: local.bulk,
  wide: local.bulkWide,
  update: local.update,
  get: local.get,
  query: local.query,
  cold,
  coldFill,
  liveOne,
  liveHundred,
};

declare global {
  var bench: BenchPage;
}

let prepared: Prepared | undefined;

globalThis.bench = {
  isolated: crossOriginIsolated,
  contenders: (caseName) => Object.keys(cases[caseName] ?? {}),
  async prepare(caseName, contender, setting) {
    const prepare = cases[caseName]?.[contender];
    if (prepare === undefined) throw new Error(`there is no ${caseName}/${contender}`);
    prepared = await prepare(setting);
    // There with `--js-flags=--expose-gc`.
    void globalThis.gc?.();
    // What preparing has put off, such as a compaction, is not the business of the run.
    await new Promise((resolve) => setTimeout(resolve, 300));
  },
  async run() {
    if (prepared === undefined) throw new Error('nothing is prepared');
    return prepared.run();
  },
  async dispose() {
    await prepared?.dispose();
    prepared = undefined;
  },
};
