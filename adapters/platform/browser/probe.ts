import type { CallOptions } from 'syncline';

/**
 * Asks an address with `HEAD`. True for an answer of the 200s that is no web page: whoever stands in the way and wants
 * the traveller to log in first sends one, or leads to one.
 */
export function headProbe(url: string): (options: CallOptions) => Promise<boolean> {
  return async ({ signal }) => {
    const answer = await fetch(url, { method: 'HEAD', cache: 'no-store', redirect: 'error', signal });
    return answer.ok && !/^text\/html\b/i.test(answer.headers.get('content-type') ?? '');
  };
}
