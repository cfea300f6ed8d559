/**
 * A test for paths that overlap any of these: `overlaps` against each of them, in time that grows with the depth of
 * the path and not with their number.
 */
export function overlapsAny(paths: Iterable<string>): (path: string) => boolean {
  const exact = new Set(paths);
  const atOrAbove = new Set([...exact].flatMap(prefixes));
  return (path) => atOrAbove.has(path) || prefixes(path).some((prefix) => exact.has(prefix));
}

/** A path and all above it, up to `''`, the whole; the longest first. */
export function prefixes(path: string): string[] {
  const found = [path];
  for (let end = path.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
    found.push(path.slice(0, end));
  }
  return found;
}
