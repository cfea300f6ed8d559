/** The value itself, frozen all through: it is shared with the store, whose copy its reader would change. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const each of Object.values(value)) if (typeof each === 'object') freeze(each);
  return Object.freeze(value);
}
