import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import type { PromiseName, SimulateOptions } from 'syncline/testing';

/** Runs in which a broken variant must show itself. */
const runsMax = 150;

type Exports = Record<string, (...args: never[]) => unknown>;

interface Mutant {
  readonly name: string;
  /** The module that is broken, from this folder. */
  readonly module: string;
  /** The exports that take the place of the true ones. */
  readonly broken: (truth: Exports) => Record<string, unknown>;
  /** The promise that it must break, where the point is that this one can be broken. */
  readonly by?: PromiseName;
  /** Narrows the runs to those in which it can show. */
  readonly options?: Omit<SimulateOptions, 'entities' | 'seed'>;
}

const call = (fn: ((...args: never[]) => unknown) | undefined, ...args: readonly unknown[]): unknown =>
  fn?.(...(args as never[]));

/** A store whose units of work see a changed transaction. */
function storeWith(
  truth: Exports,
  change: (transaction: Record<string, unknown>) => Record<string, unknown>,
) {
  return {
    memoryStore: (options: unknown) => {
      const store = call(truth['memoryStore'], options) as {
        transact: (space: string, work: (tx: object) => Promise<unknown>) => unknown;
      };
      return {
        ...store,
        transact: (space: string, work: (tx: object) => Promise<unknown>) =>
          store.transact(space, (tx) => work(bind(tx as Record<string, unknown>, change))),
      };
    },
  };
}

/** The methods of an object with some of them changed. */
function bind(
  target: Record<string, unknown>,
  change: (bound: Record<string, unknown>) => Record<string, unknown>,
) {
  const bound = Object.fromEntries(
    ['load', 'seq', 'save', 'findOutcomes', 'recordOutcomes'].map((key) => [
      key,
      (...args: unknown[]) => (target[key] as (...all: unknown[]) => unknown).apply(target, args),
    ]),
  );
  return { ...bound, ...change(bound) };
}

type Row = { readonly table: string; readonly id: string; readonly value?: { readonly state?: string } };

/** A client storage whose commits are changed on their way. */
function storageWith(
  truth: Exports,
  commit: (
    sound: (writes: readonly Row[], reads?: unknown) => Promise<unknown>,
    writes: readonly Row[],
    reads: unknown,
  ) => Promise<unknown>,
) {
  return {
    logStorage: (...args: unknown[]) => {
      const sound = call(truth['logStorage'], ...args) as {
        commit: (writes: readonly Row[], reads?: unknown) => Promise<unknown>;
      };
      return new Proxy(sound, {
        get: (target, key) => {
          if (key === 'commit') {
            return (writes: readonly Row[], reads?: unknown) =>
              commit((some, seen) => target.commit(some, seen), writes, reads);
          }
          const value = Reflect.get(target, key) as unknown;
          return typeof value === 'function' ? (value as (...all: unknown[]) => unknown).bind(target) : value;
        },
      });
    },
  };
}

/** Rulings whose decisions are changed on their way. */
function withDecisions(
  truth: Exports,
  change: (decisions: readonly { readonly path: string }[]) => readonly object[],
) {
  return {
    rule: (...args: unknown[]) => {
      const ruling = call(truth['rule'], ...args) as { decisions: readonly { readonly path: string }[] };
      return { ...ruling, decisions: change(ruling.decisions) };
    },
  };
}

const src = (path: string) => `../../src/${path}`;
const adapters = (path: string) => `../../adapters/${path}`;
const twoTabs = { replicas: 1, tabs: 2, profile: { lease: false } };

const mutants: readonly Mutant[] = [
  {
    name: 'the server does not look an operation up by its id, nor by its clock',
    module: src('causality/vector.js'),
    broken: (truth) => ({
      counterOf: (clock: object, replica: string) =>
        new Error().stack?.includes('reconcile') ? 0 : call(truth['counterOf'], clock, replica),
    }),
  },
  {
    name: 'dedupe by id is skipped',
    module: adapters('server-store/memory/index.js'),
    broken: (truth) => storeWith(truth, () => ({ findOutcomes: () => Promise.resolve(new Map()) })),
  },
  {
    name: 'concurrent is compared as dominated',
    module: src('causality/vector.js'),
    broken: () => ({ covers: () => true }),
  },
  {
    name: 'equal is compared as concurrent',
    module: src('causality/vector.js'),
    broken: () => ({ covers: () => false }),
  },
  {
    name: 'the clock is not merged',
    module: src('causality/vector.js'),
    broken: () => ({ withCounter: (clock: object) => clock }),
  },
  {
    name: 'lanes are reordered in a batch',
    module: src('outbox/batch.js'),
    broken: (truth) => ({
      takeBatch: (...args: unknown[]) => (call(truth['takeBatch'], ...args) as unknown[]).reverse(),
    }),
  },
  {
    name: 'a lane does not wait for what is parked in it',
    module: src('outbox/batch.js'),
    broken: (truth) => ({
      planBatches: (...args: unknown[]) => ({
        ...(call(truth['planBatches'], ...args) as object),
        earlier: new Map(),
      }),
    }),
  },
  {
    name: 'a page is applied as if it were the last, and splits groups',
    module: adapters('transport/loopback/index.js'),
    broken: (truth) => ({
      loopbackTransport: (...args: unknown[]) => {
        const sound = call(truth['loopbackTransport'], ...args) as {
          pull: (...all: unknown[]) => Promise<object>;
        };
        return {
          ...sound,
          pull: async (...all: unknown[]) => ({ ...(await sound.pull(...all)), more: false }),
        };
      },
    }),
    options: { replicas: 3, profile: { pageLimit: 1 } },
  },
  {
    name: 'tombstones are dropped from the pull',
    module: src('server/change.js'),
    broken: (truth) => ({
      changeOf: (record: { deleted?: true }, ...rest: unknown[]) => {
        const { deleted: _, ...alive } = record;
        return call(truth['changeOf'], alive, ...rest);
      },
    }),
  },
  {
    name: 'a patch forgets a field',
    module: src('server/change.js'),
    broken: (truth) => ({
      changeOf: (...args: unknown[]) => {
        const change = call(truth['changeOf'], ...args) as { kind: string; set: unknown[] };
        return change.kind === 'patch' ? { ...change, set: change.set.slice(1) } : change;
      },
    }),
  },
  {
    name: 'dead letters are forgotten',
    module: src('storage/log-storage.js'),
    broken: (truth) =>
      storageWith(truth, (sound, writes, reads) =>
        sound(
          writes.map(({ value, ...row }) =>
            row.table === 'outbox' && value?.state === 'dead'
              ? row
              : { ...row, ...(value === undefined ? {} : { value }) },
          ),
          reads,
        ),
      ),
  },
  {
    name: 'the outbox is stored in a commit of its own, before the records',
    module: src('storage/log-storage.js'),
    broken: (truth) =>
      storageWith(truth, async (sound, writes, reads) => {
        const isQueue = ({ table }: Row) => table === 'outbox';
        const first = writes.filter(isQueue);
        if (first.length === 0 || first.length === writes.length) return sound(writes, reads);
        await sound(first, reads);
        return sound(writes.filter((row) => !isQueue(row)));
      }),
  },
  {
    name: 'conditions of a commit are not looked at',
    module: src('storage/log-storage.js'),
    broken: (truth) =>
      storageWith(truth, (sound, writes) =>
        sound(
          writes.map(
            (row) =>
              Object.fromEntries(
                Object.entries(row).filter(([key]) => key !== 'ifRevision'),
              ) as unknown as Row,
          ),
        ),
      ),
    options: twoTabs,
  },
  {
    name: 'what a pull brings overwrites what is pending',
    module: src('engine/lane.js'),
    broken: (truth) => ({
      storeLane: (
        transaction: unknown,
        definition: unknown,
        lane: unknown,
        base: unknown,
        entries: readonly unknown[],
      ) => call(truth['storeLane'], transaction, definition, lane, base, base === undefined ? entries : []),
    }),
  },
  {
    name: 'every operation is taken for covered by what is pulled',
    module: src('resolve/reconcile.js'),
    broken: () => ({ isCovered: (base: unknown) => base !== undefined }),
  },
  {
    name: 'no decisions are kept',
    module: src('resolve/concurrent.js'),
    broken: (truth) => withDecisions(truth, () => []),
  },
  {
    name: 'one decision is dropped',
    module: src('resolve/concurrent.js'),
    broken: (truth) =>
      withDecisions(truth, (decisions) => decisions.filter(({ path }, at) => path === '' || at > 0)),
    by: 'no-silent-loss',
  },
  {
    name: 'a decision is told twice',
    module: src('resolve/concurrent.js'),
    broken: (truth) => withDecisions(truth, (decisions) => [...decisions, ...decisions.slice(0, 1)]),
    by: 'no-silent-loss',
  },
  {
    name: 'a refused operation takes nothing with it',
    module: src('outbox/cascade.js'),
    broken: () => ({ cascade: () => new Map() }),
  },
  {
    name: 'a decided conflict keeps its id',
    module: src('resolve/successor.js'),
    broken: (truth) => ({
      successorOf: (definition: unknown, record: unknown, operation: { id: string }, ...rest: unknown[]) => ({
        ...(call(truth['successorOf'], definition, record, operation, ...rest) as object),
        id: operation.id,
      }),
    }),
  },
  {
    name: 'counters are used twice',
    module: src('engine/operations.js'),
    broken: (truth) => ({
      author: (replica: object, ...rest: unknown[]) => ({
        ...(call(truth['author'], replica, ...rest) as object),
        replica,
      }),
    }),
  },
  {
    name: 'what was sent is joined with what comes after',
    module: src('engine/meta.js'),
    broken: (truth) => ({
      readMeta: async (transaction: unknown) => {
        const meta = (await call(truth['readMeta'], transaction)) as object;
        return new Error().stack?.includes('write.ts') ? { ...meta, sent: { ids: [] } } : meta;
      },
    }),
    options: { profile: { compact: true } },
  },
  {
    name: 'groups are split at the client',
    module: src('outbox/units.js'),
    broken: () => ({
      unitsOf: (entries: readonly { order: number; operation: { priority?: number } }[]) =>
        entries.map((entry) => ({
          entries: [entry],
          priority: entry.operation.priority ?? 0,
          order: entry.order,
        })),
    }),
  },
  {
    name: 'groups are split at the server',
    module: src('server/units.js'),
    broken: () => ({
      unitsOf: (operations: readonly unknown[]) =>
        operations.map((operation) => ({ operations: [operation], problem: undefined })),
    }),
  },
  {
    name: 'a deletion is no matter to a concurrent change',
    module: src('resolve/deletion.js'),
    broken: () => ({ resolveDeletion: () => undefined }),
  },
  {
    name: 'what the server lost in a restore is not sent again',
    module: src('engine/identity.js'),
    broken: () => ({ resendHistory: () => Promise.resolve() }),
    options: { faults: ['server-restored'] },
  },
  {
    name: 'a cursor runs one change ahead',
    module: src('server/cursor.js'),
    broken: (truth) => ({
      parseCursor: (text: string) => {
        const position = call(truth['parseCursor'], text) as { seq: number } | undefined;
        return position && { ...position, seq: position.seq + 1 };
      },
    }),
  },
  {
    name: 'being offline consumes attempts',
    module: adapters('transport/loopback/index.js'),
    broken: (truth) => ({
      loopbackTransport: (...args: unknown[]) => {
        const sound = call(truth['loopbackTransport'], ...args) as {
          push: (request: { operations: { id: string }[] }, ...rest: unknown[]) => Promise<object>;
        };
        let last: object | undefined;
        return {
          ...sound,
          push: async (request: { operations: { id: string }[] }, ...rest: unknown[]) => {
            try {
              return (last = await sound.push(request, ...rest));
            } catch (error) {
              if (last === undefined) throw error;
              return {
                ...last,
                results: request.operations.map(({ id }) => ({ id, status: 'retry', code: 'network' })),
              };
            }
          },
        };
      },
    }),
  },
];

const table: string[] = [];

describe('a broken variant is caught by a promise', () => {
  afterEach(() => {
    vi.doUnmock(src('causality/vector.js'));
    vi.resetModules();
  });

  test.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    '%s',
    async (_, { name, module, broken, by, options }) => {
      vi.resetModules();
      vi.doMock(module, async (importOriginal) => {
        const truth = await importOriginal<Exports>();
        return { ...truth, ...broken(truth) };
      });
      const { simulate } = await import('syncline/testing');
      const { catalogue: entities, invariants } = await import('./support/catalogue.js');
      let caught: { readonly seed: number; readonly promise: string } | undefined;
      for (let seed = 1; seed <= runsMax && caught === undefined; seed++) {
        const { broken: promise } = await simulate({
          ...options,
          entities,
          invariants,
          seed,
          shrink: false,
        }).catch((error: unknown) => {
          throw new Error(`seed ${seed}: the run itself failed`, { cause: error });
        });
        if (promise !== undefined) caught = { seed, promise: promise.promise };
      }
      vi.doUnmock(module);
      table.push(
        `${name}: ${caught === undefined ? 'not caught' : `${caught.promise}, seed ${caught.seed}`}`,
      );
      expect(caught, `not caught in ${runsMax} runs`).toBeDefined();
      if (by !== undefined) expect(caught?.promise).toBe(by);
    },
  );

  afterAll(() => console.log(`broken variants and what caught them:\n${table.join('\n')}`));
});
