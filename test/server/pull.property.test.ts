import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/contracts/json.js';
import type { FieldChange } from '../../src/contracts/operation.js';
import type { RecordChange } from '../../src/contracts/transport.js';
import { lookup } from '../../src/diff/pointer.js';
import { applyAll, createWorld, replica, set } from './world.js';

type Step =
  | { readonly do: 'write'; readonly id: string; readonly path: string; readonly value: Json | undefined }
  | { readonly do: 'delete'; readonly id: string }
  | { readonly do: 'page'; readonly device: number; readonly limit: number }
  | { readonly do: 'compact' };

const id = fc.constantFrom('t1', 't2', 't3');
const path = fc.constantFrom('/a', '/a/b', '/a/b/c', '/a/d', '/e', '/f~1g');
const value = fc.constantFrom<Json | undefined>(
  undefined,
  1,
  'text',
  {},
  { b: 1 },
  { b: { c: 2 }, d: [3] },
  [],
  null,
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), id, path, value }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), id }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('page' as const),
      device: fc.nat(1),
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'compact' as const }) },
);

/** A device that reads pages, and applies a run of them when its last one has come. */
class Device {
  readonly held = new Map<string, JsonObject>();
  cursor: string | undefined;
  #run: RecordChange[] = [];
  #isReset = false;

  async page(pull: ReturnType<typeof createWorld>['pull'], limit: number): Promise<boolean> {
    const page = await pull({ limit, ...(this.cursor === undefined ? {} : { cursor: this.cursor }) });
    if (page.reset === true) {
      this.#run = [];
      this.#isReset = true;
    }
    this.#run.push(...page.changes);
    this.cursor = page.cursor;
    if (page.more !== false) return false;
    if (this.#isReset) this.held.clear();
    for (const change of this.#run)
      if (change.kind === 'patch') expect(this.held.has(change.id) || this.#isReset).toBe(true);
    applyAll(this.held, this.#run);
    this.#run = [];
    this.#isReset = false;
    return true;
  }
}

it('gives every device the records of the server, whatever was written between its pages', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const { push, pull, server, store, runtime } = createWorld({
        unknownEntities: 'compare',
        entities: [],
      });
      const writer = replica('w');
      const devices = [new Device(), new Device()];
      const stored = async () => (await store.changesSince('default', { after: 0, limit: 99 })).records;
      for (const next of steps) {
        runtime.nowMs += 1000;
        if (next.do === 'page') {
          await devices[next.device]!.page(pull, next.limit);
          continue;
        }
        if (next.do === 'compact') {
          await server.compact({ olderThanMs: 5000 });
          continue;
        }
        const record = (await stored()).find((candidate) => candidate.id === next.id);
        if (next.do === 'delete') {
          if (record !== undefined) await push(writer.delete(next.id, record.clock));
          continue;
        }
        const change: FieldChange =
          next.value === undefined ? { path: next.path, action: 'unset' } : set(next.path, next.value);
        const isThere =
          record !== undefined &&
          (next.value !== undefined || lookup(record.data, next.path).value !== undefined);
        if (record === undefined) await push(writer.create(next.id, { pad: 'p'.repeat(60) }));
        else if (isThere) await push(writer.update(next.id, [change], record.clock));
      }
      const live = (await stored())
        .filter(({ deleted }) => deleted !== true)
        .map((record) => [record.id, record.data] as const);
      for (const device of devices) {
        for (let isDone = false; !isDone;) isDone = await device.page(pull, 2);
        expect(Object.fromEntries(device.held)).toEqual(Object.fromEntries(live));
      }
    }),
    { numRuns: 300 },
  );
});
