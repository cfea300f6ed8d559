import type { FieldChange, Operation } from '../contracts/operation.js';
import { isObject } from './interior.js';

/** Why an operation of the right form can still mean nothing, or `undefined` where it can be reconciled. */
export function shapeProblem(operation: Operation): string | undefined {
  const author = operation.stamp.slice(operation.stamp.indexOf('-', 13) + 1);
  if (!Object.hasOwn(operation.clock, author)) return `the clock has no counter for its author '${author}'`;
  return (
    kindProblem(operation) ?? operation.changes.map(changeProblem).find((problem) => problem !== undefined)
  );
}

function kindProblem({ kind, changes }: Operation): string | undefined {
  const [first] = changes;
  const root = changes.length === 1 && first?.path === '' ? first.action : undefined;
  if (kind === 'create' && root !== 'set') return 'a create is one `set` at the root';
  if (kind === 'delete' && changes.length > 0 && root !== 'unset')
    return 'a delete is one `unset` at the root';
  if (kind === 'update' && changes.some(({ path, action }) => path === '' && action === 'unset')) {
    return 'an update cannot unset the root';
  }
  return undefined;
}

function changeProblem({ path, action, value }: FieldChange): string | undefined {
  if (path === '' && action !== 'unset' && !isObject(value)) return 'the root of a record is an object';
  switch (action) {
    case 'unset':
      return value === undefined ? undefined : `${path}: 'unset' has no value`;
    case 'set':
      return value === undefined ? `${path}: 'set' needs a value` : undefined;
    case 'increment':
      return typeof value === 'number' ? undefined : `${path}: 'increment' needs a number`;
    case 'add':
    case 'remove':
      return Array.isArray(value) ? undefined : `${path}: '${action}' needs an array`;
    case 'merge':
      return value === undefined ? `${path}: 'merge' needs a value` : undefined;
  }
}
