import {
  defaultLimits,
  defaultRuntime,
  type Limits,
  type Operation,
  type OperationResult,
  type PullAnswer,
  type PullRequest,
  type PushAnswer,
  type SyncRecord,
} from 'syncline';
import type { ConformanceCase } from './check.js';
import { Author, after, type Seen } from './wire-author.js';
import { asPullAnswer, asPushAnswer, callServer, type WireReply, type WireRequest } from './wire-call.js';
import { Mirror, type MirrorRecord } from './wire-mirror.js';
import type { WireSetup } from './wire-setup.js';

export interface WireCase extends ConformanceCase<WireSetup> {
  /** Without this in the setup the case passes without having looked. */
  readonly needs?: 'token';
}

/** A server with nothing in it that the case did not write, as far as the case can see. */
export interface Wire {
  readonly setup: WireSetup;
  readonly limits: Limits;
  /** Where the case began. */
  readonly start: string;
  /** A text that nobody has, good as the id of anything. */
  fresh(): string;
  author(): Author;
  /** Body of a push of these operations. */
  pushBody(operations: readonly unknown[], more?: object): Record<string, unknown>;
  /** Body of a pull from the start. */
  pullBody(): Record<string, unknown>;
  push(operations: readonly Operation[], more?: object): Promise<PushAnswer>;
  /** The same for a single operation, and its answer. */
  pushOne(operation: Operation): Promise<OperationResult>;
  pull(request?: Partial<PullRequest>): Promise<PullAnswer>;
  /** Pulls until nothing is left. */
  follow(mirror: Mirror, request?: Partial<PullRequest>): Promise<readonly PullAnswer[]>;
  /** A record as it is now for who pulls everything since the case began. */
  record(id: string): Promise<MirrorRecord | undefined>;
  /** The same for one that must be there, and not be deleted. */
  present(id: string): Promise<SyncRecord>;
  /** Creates a record, and answers with what its author has seen of it. */
  created(author: Author, data?: Operation['changes'][number]['value'] & object): Promise<Seen>;
  call(path: string, request?: WireRequest): Promise<WireReply>;
  /** A call with this JSON. */
  post(path: string, body: unknown, headers?: WireRequest['headers']): Promise<WireReply>;
}

/** More pages than any case makes; a cursor that leads in a circle ends here. */
const pagesMax = 1000;

export function wireCase(
  name: string,
  body: (wire: Wire) => Promise<void>,
  options: Pick<WireCase, 'needs'> = {},
): WireCase {
  return {
    name,
    ...options,
    run: async (setup) => {
      if (options.needs === undefined || setup[options.needs] !== undefined)
        await body(await openWire(setup));
    },
  };
}

async function openWire(setup: WireSetup): Promise<Wire> {
  const { entity = 'conformance' } = setup;
  const space = setup.space ?? (await newSpace(setup));
  const replica = fresh();
  const where = space === undefined ? {} : { space };
  let time = Date.now();

  const call: Wire['call'] = (path, request) => callServer(setup, path, request);
  const post: Wire['post'] = (path, body, headers = {}) =>
    call(path, { body: JSON.stringify(body), headers });

  const wire: Omit<Wire, 'start'> = {
    setup,
    limits: { ...defaultLimits, ...setup.limits },
    fresh,
    call,
    post,
    author: () => new Author(fresh(), entity, () => time++, fresh),
    pushBody: (operations, more = {}) => ({ replica, ...where, operations, ...more }),
    pullBody: () => ({ replica, ...where, limit: 1000 }),
    push: async (operations, more) => asPushAnswer(await post('/push', wire.pushBody(operations, more))),
    async pushOne(operation) {
      const { results } = await wire.push([operation]);
      const [result] = results;
      if (result?.id !== operation.id) throw new Error(`operation ${operation.id} was not answered`);
      return result;
    },
    pull: async (request = {}) => asPullAnswer(await post('/pull', { ...wire.pullBody(), ...request })),
    async follow(mirror, request = {}) {
      const pages: PullAnswer[] = [];
      for (;;) {
        const from = mirror.cursor === undefined ? {} : { cursor: mirror.cursor };
        const page = await wire.pull({ ...from, ...request });
        if (page.more !== false && (page.cursor === mirror.cursor || pages.length === pagesMax))
          throw new Error('more is left, but the cursor does not move on');
        mirror.take(page);
        pages.push(page);
        if (page.more === false) return pages;
      }
    },
    async record(id) {
      const mirror = new Mirror(start);
      await wire.follow(mirror);
      return mirror.get(id);
    },
    async present(id) {
      const record = await wire.record(id);
      if (record?.data === undefined)
        throw new Error(`the record ${id} should be there, but a pull does not bring it`);
      return { ...record, data: record.data };
    },
    async created(author, data) {
      const operation = author.create(fresh(), data as Parameters<Author['create']>[1]);
      const result = await wire.pushOne(operation);
      if (result.status !== 'accepted')
        throw new Error(`a create was answered with ${JSON.stringify(result)}`);
      return after(operation);
    },
  };
  const present = new Mirror();
  const pages = await wire.follow(present);
  // Stamps are compared with the clock of the server, which need not be that of this machine.
  time = pages[0]?.serverTime ?? time;
  const start = present.cursor ?? '';
  return { ...wire, start };
}

/** A space of its own, where the server gives one to whoever names it. */
async function newSpace(setup: WireSetup): Promise<string | undefined> {
  const space = `conformance-${fresh()}`;
  const reply = await callServer(setup, '/pull', {
    body: JSON.stringify({ replica: fresh(), space, limit: 1 }),
  });
  return reply.status === 403 ? undefined : space;
}

function fresh(): string {
  return defaultRuntime.uuid();
}
