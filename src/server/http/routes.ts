/** A call of the protocol, as far as its method and path tell. */
export type Route =
  | { readonly call: 'push' | 'pull' | 'delta' }
  | { readonly call: 'conflicts' }
  | { readonly call: 'health' }
  | { readonly call: 'resolve'; readonly conflictId: string };

const calls: Readonly<Record<string, Route>> = {
  'POST /push': { call: 'push' },
  'POST /pull': { call: 'pull' },
  'POST /delta': { call: 'delta' },
  'GET /conflicts': { call: 'conflicts' },
  'GET /health': { call: 'health' },
  'HEAD /health': { call: 'health' },
};

const resolvePath = /^POST \/conflicts\/([\w.:-]{1,64})\/resolve$/;

/** The call a request asks for. Paths are compared letter by letter: what is spelled otherwise is no call. */
export function routeOf(method: string, path: string, basePath: string): Route | undefined {
  if (!path.startsWith(`${basePath}/`)) return undefined;
  const asked = `${method} ${path.slice(basePath.length)}`;
  if (Object.hasOwn(calls, asked)) return calls[asked];
  const conflictId = resolvePath.exec(asked)?.[1];
  return conflictId === undefined ? undefined : { call: 'resolve', conflictId };
}
