import { createSyncClient, isSyncError, type SyncClient } from 'syncline';
import { memoryStorage } from 'syncline/storage/memory';
import { httpTransport } from 'syncline/transport/http';
import { createCable, type Cable, type Traffic } from './cable.js';
import { device, entities, piece, type Piece } from './piece.js';
import { shown } from './sentences.js';
import type { createTable } from './table.js';

export type Table = ReturnType<typeof createTable>;

/** A device of the story, and how to tell what it does. */
export interface Actor {
  readonly name: string;
  readonly client: SyncClient;
  readonly cable: Cable;
  /** Does something, and prints it with what came of it. */
  readonly act: (
    action: string,
    work: () => Promise<unknown>,
    outcome?: () => Promise<string>,
  ) => Promise<void>;
  readonly edit: (
    action: string,
    id: string,
    field: keyof Piece,
    patch: (draft: Piece) => void,
  ) => Promise<void>;
  /** One exchange with the server. */
  readonly sync: (action: string, outcome?: () => Promise<string>) => Promise<void>;
}

/** A device with an empty store in memory; it syncs when told to. */
export async function openActor(name: string, url: string, table: Table): Promise<Actor> {
  const said: string[] = [];
  const cable = createCable(httpTransport({ url, deviceId: name }), {
    onTraffic: (traffic) => said.push(answerOf(traffic)),
  });
  const client = await createSyncClient({
    entities,
    storage: memoryStorage(),
    transport: cable.transport,
    platform: { connectivity: cable.connectivity },
    auto: false,
    // One line in the table for each thing that a person did.
    outbox: { compact: false },
  });
  const act: Actor['act'] = async (action, work, outcome = async () => '') => {
    said.length = 0;
    await work();
    const { pending, conflicts } = client.status();
    const heard = said.filter((each) => each !== '').join('\n');
    table.row([name, action, String(pending + conflicts), heard, await outcome()]);
  };
  const exchange = async () => {
    try {
      await client.sync();
      if ((await client.collection(device).get(client.replica)) !== undefined) return;
      await client.collection(device).create({ id: client.replica, name });
      await client.sync();
    } catch (error) {
      if (!isSyncError(error, 'network')) throw error;
      said.push('no answer');
    }
  };
  const pieces = client.collection(piece);
  const edit: Actor['edit'] = (action, id, field, patch) =>
    act(
      action,
      () => pieces.update(id, patch),
      async () => shown((await pieces.get(id))?.[field]),
    );
  return { name, client, cable, act, edit, sync: (action, outcome) => act(action, exchange, outcome) };
}

function answerOf(traffic: Traffic): string {
  if (traffic.kind === 'pull') {
    const { length } = traffic.answer.changes;
    return length === 0 ? '' : `${length} ${length === 1 ? 'record' : 'records'} to pull`;
  }
  const counts = new Map<string, number>();
  for (const result of traffic.answer.results) {
    const word = result.status === 'accepted' ? result.outcome : result.status;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, n]) => `${n} ${word}`).join('\n');
}
