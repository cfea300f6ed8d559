import { assertType, expectTypeOf, test } from 'vitest';
import {
  custom,
  defineEntity,
  isSyncError,
  list,
  max,
  merge,
  reconcile,
  rule,
  SyncError,
  type ConflictStrategy,
  type FieldConflict,
  type FieldContext,
  type FieldRule,
  type Json,
  type Operation,
  type Outcome,
  type RecordContext,
  type SyncErrorCode,
} from 'syncline';
import { z } from 'zod';

test('a strategy of your own sees the record, the operation and the fields', () => {
  expectTypeOf(
    custom((context) => {
      expectTypeOf(context).toEqualTypeOf<RecordContext>();
      expectTypeOf(context.fields).toEqualTypeOf<readonly FieldContext[]>();
      return 'remote';
    }),
  ).toEqualTypeOf<ConflictStrategy>();
  assertType(custom(() => 'conflict', { deletes: 'delete-wins' }));
  assertType(
    custom(({ fields }) => Object.fromEntries(fields.map(({ path, remote }) => [path, remote ?? null]))),
  );
  // @ts-expect-error a side is 'local' or 'remote'
  assertType(custom(() => 'mine'));
  // @ts-expect-error a value must be JSON
  assertType(custom(() => ({ '/day': new Date() })));
  // @ts-expect-error it decides at once, without waiting
  assertType(custom(async () => 'local'));
});

test('a rule of your own returns JSON, or nothing', () => {
  expectTypeOf(
    rule('written', ({ local, remote }) => {
      expectTypeOf(local).toEqualTypeOf<Json | undefined>();
      return typeof remote === 'string' && remote !== '' ? remote : local;
    }),
  ).toEqualTypeOf<FieldRule>();
  assertType(rule('none', () => undefined, { laws: { idempotent: true } }));
  // @ts-expect-error a Date is no JSON
  assertType(rule('now', () => new Date()));
  // @ts-expect-error there is no such law
  assertType(rule('fair', () => null, { laws: { fair: true } }));
});

test('merge takes rules by path', () => {
  expectTypeOf(
    merge({ fields: { '/minutes': max(), '/steps': list({ key: 'id' }) } }),
  ).toEqualTypeOf<ConflictStrategy>();
  // @ts-expect-error a rule, not its name
  assertType(merge({ fields: { '/minutes': 'max' } }));
  // @ts-expect-error a list needs the field that tells its items apart
  assertType(list({}));
  // @ts-expect-error there is no such policy
  assertType(merge({ deletes: 'never' }));
});

test('reconcile takes the definition of an entity, and its outcome is told apart by its kind', () => {
  const note = defineEntity({
    name: 'note',
    schema: z.object({ id: z.string(), pages: z.array(z.number()) }),
  });
  const outcome = reconcile(note, undefined, {} as Operation);
  expectTypeOf(outcome).toEqualTypeOf<Outcome>();
  if (outcome.kind === 'conflict') expectTypeOf(outcome.fields).toEqualTypeOf<readonly FieldConflict[]>();
  if (outcome.kind === 'refused') expectTypeOf(outcome.message).toBeString();
  // @ts-expect-error a refused operation leaves no record
  if (outcome.kind === 'refused') assertType(outcome.record);
});

test('a SyncError has a code from the list', () => {
  expectTypeOf(new SyncError('limit', 'too much').code).toEqualTypeOf<SyncErrorCode>();
  // @ts-expect-error there is no such code
  assertType(new SyncError('oops', 'no'));
  const thrown: unknown = undefined;
  if (isSyncError(thrown, 'limit')) expectTypeOf(thrown).toEqualTypeOf<SyncError>();
});
