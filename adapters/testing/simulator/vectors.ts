import type { Operation, VersionVector } from 'syncline';

export function authorOf({ stamp }: Pick<Operation, 'stamp'>): string {
  return stamp.slice(18);
}

export function counterOf(operation: Operation): number {
  return operation.clock[authorOf(operation)] ?? 0;
}

/** Written apart from the library's own, which is being tested. */
export function hasSeen(a: VersionVector, b: VersionVector): boolean {
  return Object.entries(b).every(([replica, counter]) => (a[replica] ?? 0) >= counter);
}

/** JSON with sorted keys: equal values give equal texts. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${textOf(member)}`)
    .join(',')}}`;
}

/** The fields in which two objects differ, each with both values. */
export function differences(a: object, b: object): string {
  const [left, right] = [
    new Map<string, unknown>(Object.entries(a)),
    new Map<string, unknown>(Object.entries(b)),
  ];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((key) => textOf(left.get(key)) !== textOf(right.get(key)))
    .map((key) => `${key}: ${textOf(left.get(key))} and not ${textOf(right.get(key))}`)
    .join('; ');
}
