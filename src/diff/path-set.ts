/**
 * A test for paths that overlap any of these: `overlaps` against each of them, in time that grows with the depth of
 * the path and not with their number.
 */
export function overlapsAny(paths: Iterable<string>): (path: string) => boolean {
  const exact = new Set(paths);
  const above = new Set<string>();
  for (const path of exact) for (const ancestor of ancestors(path)) above.add(ancestor);
  return (path) =>
    exact.has(path) || above.has(path) || ancestors(path).some((ancestor) => exact.has(ancestor));
}

/** The paths above this one, up to `''`, the whole. */
function ancestors(path: string): string[] {
  const found: string[] = [];
  for (let at = path.lastIndexOf('/'); at >= 0; at = at === 0 ? -1 : path.lastIndexOf('/', at - 1)) {
    found.push(path.slice(0, at));
  }
  return found;
}
