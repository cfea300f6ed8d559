/** The value itself, frozen all through: it is shared with the store, whose copy its reader would change. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const members = value as Readonly<Record<string, unknown>>;
  // An array of the values for each row would take as long again, all rows of a cold start together.
  for (const key in members) if (typeof members[key] === 'object') freeze(members[key]);
  return Object.freeze(value);
}
