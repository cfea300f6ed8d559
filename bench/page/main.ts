import type { BenchPage, Contender, Prepared, Sample } from '../contract.js';
import { cold, coldFill } from './cold-cases.js';
import { pull, push } from './exchange-cases.js';
import { liveHundred, liveOne } from './live-cases.js';
import * as local from './local-cases.js';
import { summaryOf } from './timing.js';

const cases: Readonly<Record<string, Readonly<Record<string, Contender>>>> = {
  single: local.single,
  sequence: local.sequence,
  strict: local.strict,
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
  push,
  pull,
};

declare global {
  var bench: BenchPage;
}

const prepared = new Map<string, Prepared>();

globalThis.bench = {
  contenders: (caseName) => Object.keys(cases[caseName] ?? {}),
  async prepare(caseName, contender, setting) {
    const prepare = cases[caseName]?.[contender];
    if (prepare === undefined) throw new Error(`there is no ${caseName}/${contender}`);
    prepared.set(contender, await prepare(setting));
    // There with `--js-flags=--expose-gc`.
    void globalThis.gc?.();
    // What preparing has put off, such as a compaction, is not the business of the run.
    await new Promise((resolve) => setTimeout(resolve, setting.load.settleMs));
  },
  async run() {
    const samples = new Map<string, Sample[]>();
    const slices = Math.max(...Array.from(prepared.values(), (each) => each.slices ?? 1));
    for (let slice = 0; slice < slices; slice++) {
      for (const [contender, each] of prepared)
        samples.set(contender, [...(samples.get(contender) ?? []), ...(await each.run(slice))]);
    }
    return Object.fromEntries(Array.from(samples, ([contender, all]) => [contender, summaryOf(all)]));
  },
  async dispose() {
    for (const each of prepared.values()) await each.dispose();
    prepared.clear();
  },
};
