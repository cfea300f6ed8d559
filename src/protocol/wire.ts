/** Version of the wire protocol spoken here. */
export const protocolVersion = 1;

/** Where the calls live, unless configured otherwise. */
export const defaultBasePath = '/api/v1/sync';

/** Names of the headers that are ours. */
export const wireHeaders = { protocol: 'Syncline-Protocol', device: 'X-Device-ID' } as const;

/** The limits that a client keeps to by itself; the others are a server's alone. See `Limits`. */
export const operationBytesDefault = 256 * 1024;
export const depthDefault = 32;
