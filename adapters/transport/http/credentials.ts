/** Credentials: a text, or a function that is asked before each request. `refresh`: the last ones were refused. */
export type TokenSource =
  string | ((ask: { readonly refresh: boolean }) => string | undefined | Promise<string | undefined>);

export interface Credentials {
  /** How often they were renewed. */
  readonly renewals: number;
  present(): Promise<string | undefined>;
  /** Newer ones than those after so many renewals. Who asks at the same time, or later, shares one question. */
  renewedSince(seen: number): Promise<string | undefined>;
}

export function createCredentials(token: TokenSource | undefined): Credentials {
  let renewals = 0;
  let isRenewing = false;
  let newest: Promise<string | undefined> | undefined;

  async function renew(): Promise<string | undefined> {
    isRenewing = true;
    try {
      return typeof token === 'function' ? await token({ refresh: true }) : undefined;
    } finally {
      isRenewing = false;
      renewals++;
    }
  }

  return {
    get renewals() {
      return renewals;
    },
    present: async () => (typeof token === 'function' ? token({ refresh: false }) : token),
    renewedSince(seen) {
      if (newest === undefined || !(isRenewing || renewals > seen)) newest = renew();
      return newest;
    },
  };
}
