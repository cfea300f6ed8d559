import type { BenchCase, Side } from './case.js';
import type { Load, Summary } from './contract.js';

export const fullLoad: Load = { records: 10_000, operations: 1_000, few: 200, settleMs: 300 };
export const quickLoad: Load = { records: 200, operations: 20, few: 10, settleMs: 20 };

const raw = (of: keyof Summary, measure = 'ms'): Side => ({ contender: 'raw', of, measure });
const app = (of: keyof Summary): Side => ({ contender: 'app', of });
const sqlite = (of: keyof Summary): Side => ({ contender: 'sqlite', of });
const ours = (of: keyof Summary, measure = 'ms'): Side => ({ contender: 'syncline', of, measure });

export const benchCases: readonly BenchCase[] = [
  {
    name: 'single',
    letter: 'a',
    interleaved: true,
    lines: [
      {
        id: 'a p50',
        what: 'durable write, one at a time',
        subject: ours('p50'),
        limit: raw('p50'),
        aim: { ratio: 1 },
        target: { ratio: 1 },
      },
      { id: 'a p95', what: 'the same', subject: ours('p95'), limit: raw('p95'), target: { ratio: 0.5 } },
    ],
  },
  {
    name: 'sequence',
    letter: 'b',
    lines: [
      {
        id: 'b',
        what: '1,000 durable writes in sequence',
        subject: ours('total'),
        limit: raw('total'),
        aim: { ratio: 1 },
        target: { ratio: 0.85 },
      },
    ],
  },
  {
    name: 'bulk',
    letter: 'c',
    lines: [
      {
        id: 'c',
        what: 'bulk create of 10,000',
        subject: ours('total'),
        limit: raw('total'),
        aim: { ratio: 0.15 },
        target: { ratio: 0.08 },
      },
    ],
  },
  {
    name: 'get',
    letter: 'e',
    lines: [
      {
        id: 'e',
        what: '1,000 reads by id',
        subject: ours('total'),
        limit: raw('total'),
        aim: { ratio: 0.05 },
        target: { ratio: 0.02 },
      },
    ],
  },
  {
    name: 'liveOne',
    letter: 'h',
    interleaved: true,
    lines: [
      {
        id: 'h1 p50',
        what: 'write to emission, 1 watcher',
        subject: ours('p50', 'seen'),
        limit: raw('p50'),
      },
      {
        id: 'h1 delivery',
        what: 'the part from durable to emission, 1 watcher',
        subject: ours('p50', 'delivery'),
        limit: raw('p50'),
        aim: { ratio: 0.05 },
        target: { ratio: 0.02 },
      },
      {
        id: 'h1 max',
        what: 'the longest of those',
        subject: ours('max', 'delivery'),
        target: { value: 2 },
      },
    ],
  },
  {
    name: 'liveHundred',
    letter: 'h',
    interleaved: true,
    lines: [
      {
        id: 'h100 p50',
        what: 'write to emission, 100 watchers',
        subject: ours('p50', 'seen'),
        limit: raw('p50'),
      },
      {
        id: 'h100 delivery',
        what: 'the part from durable to emission, 100 watchers',
        subject: ours('p50', 'delivery'),
        limit: raw('p50'),
        aim: { ratio: 0.05 },
        target: { ratio: 0.03 },
      },
      {
        id: 'h100 max',
        what: 'the longest of those',
        subject: ours('max', 'delivery'),
        target: { value: 2 },
      },
    ],
  },
  {
    name: 'cold',
    letter: 'g',
    filledBy: 'coldFill',
    lines: [
      {
        id: 'g',
        what: 'cold open to 10,000 records in hand',
        subject: ours('total'),
        limit: raw('total'),
        aim: { ratio: 2, value: 60 },
        target: { ratio: 0.4, value: 40 },
      },
      {
        id: 'g open',
        what: 'the part until the client is open',
        subject: ours('total', 'opened'),
        limit: raw('total', 'opened'),
      },
      {
        id: 'g queued',
        what: 'cold open with all 10,000 still in the outbox',
        subject: { contender: 'queued', of: 'total' },
        limit: raw('total'),
        aim: { ratio: 2, value: 60 },
        target: { ratio: 0.4, value: 40 },
      },
    ],
  },
  {
    name: 'concurrent',
    letter: 'b2',
    lines: [
      {
        id: 'b′',
        what: '1,000 concurrent durable writes, to raw in sequence',
        subject: ours('total'),
        limit: raw('total'),
        aim: { ratio: 0.05 },
        target: { ratio: 0.03 },
      },
      {
        id: 'b′ pipelined',
        what: 'the same, to raw issued at once',
        subject: ours('total'),
        limit: { contender: 'pipelined', of: 'total' },
      },
    ],
  },
  {
    name: 'update',
    letter: 'd',
    lines: [
      {
        id: 'd',
        what: '1,000 durable updates of one field',
        subject: ours('total'),
        limit: raw('total'),
        aim: { ratio: 1 },
        target: { ratio: 0.7 },
      },
    ],
  },
  {
    name: 'query',
    letter: 'f',
    interleaved: true,
    lines: [
      {
        id: 'f p50',
        what: 'list of 100 of 10,000 by index',
        subject: ours('p50'),
        limit: raw('p50'),
        aim: { ratio: 0.05 },
        target: { ratio: 0.02 },
      },
    ],
  },
  {
    name: 'wide',
    letter: 'c2',
    lines: [
      {
        id: 'c wide',
        what: 'bulk create of 10,000 of 2 kB',
        subject: ours('total'),
        limit: raw('total'),
        target: { ratio: 0.2 },
      },
    ],
  },
  {
    name: 'strict',
    letter: 'a2',
    interleaved: true,
    lines: [
      {
        id: 'a strict',
        what: 'durable write with strict durability, to raw strict',
        subject: ours('p50'),
        limit: raw('p50'),
        target: { ratio: 1 },
      },
    ],
  },
  {
    name: 'push',
    letter: 'k',
    withServers: true,
    lines: [
      {
        id: 'k',
        what: 'push of 10,000 queued operations, to the same JSON',
        subject: ours('total'),
        limit: raw('total'),
        aim: { ratio: 4 },
      },
      {
        id: 'k app',
        what: 'the same, to bare records from a queue in IndexedDB',
        subject: ours('total'),
        limit: app('total'),
        target: { ratio: 1.5 },
      },
      {
        id: 'k sqlite',
        what: 'the same JSON, with sqliteStore at the server',
        subject: sqlite('total'),
        limit: raw('total'),
        aim: { ratio: 4 },
      },
      {
        id: 'k bytes',
        what: 'bytes sent per operation',
        unit: 'bytes',
        subject: ours('total', 'bytesPerOperation'),
        target: { value: 50 },
      },
    ],
  },
  {
    name: 'pull',
    letter: 'l',
    withServers: true,
    lines: [
      {
        id: 'l',
        what: 'pull of 10,000 records into IndexedDB, to the same JSON',
        subject: ours('total'),
        limit: raw('total'),
        aim: { ratio: 4 },
      },
      {
        id: 'l app',
        what: 'the same, to bare records put into IndexedDB',
        subject: ours('total'),
        limit: app('total'),
        target: { ratio: 0.25 },
      },
      {
        id: 'l sqlite',
        what: 'the same JSON, with sqliteStore at the server',
        subject: sqlite('total'),
        limit: raw('total'),
        aim: { ratio: 4 },
      },
    ],
  },
];
