import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveNode } from 'syncline/host/node';
import { openActor, type Actor, type Table } from './actor.js';
import { differences, sideOfClient, sideOfStore } from './compare.js';
import { importPieces } from './import.js';
import { device, piece, type Piece } from './piece.js';
import { labelOf, noteOf, shown } from './sentences.js';
import { createDemoServer } from './server.js';
import { createTable } from './table.js';

const columns = [
  { title: 'DEVICE', width: 7 },
  { title: 'ACTION', width: 30 },
  { title: 'PENDING', width: 7 },
  { title: 'THE SERVER SAID', width: 22 },
  { title: 'VALUE AND REASON', width: 56 },
];

/**
 * The story of the demo without a browser: a real server on SQLite and HTTP, two devices, one table.
 * Resolves with the exit code.
 */
export async function runCheck(pieces: readonly Piece[], print: (line: string) => void): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'practice-log-'));
  const { server, store } = createDemoServer(join(folder, 'practice.db'));
  const host = await serveNode(server, { port: 0 });
  const actors: Actor[] = [];
  try {
    const { added } = await importPieces(server, pieces, 'Catalogue');
    print(`A server on SQLite at ${host.url}, with ${added} pieces.\n`);
    const table = createTable(columns, print);
    const open = async (name: string) => {
      const actor = await openActor(name, `${host.url}/api/v1/sync`, table);
      actors.push(actor);
      return actor;
    };
    const [phone, laptop] = [await open('Phone'), await open('Laptop')];
    await tellStory(phone, laptop, table);
    table.heading('A third device starts from nothing, to compare');
    const newcomer = await open('Tablet');
    await newcomer.act(
      'pulls everything',
      () => newcomer.client.sync(),
      () => count(newcomer),
    );
    const waiting = actors.flatMap(({ name, client }) =>
      client.outbox.list().map(() => `${name} still holds a write`),
    );
    const sides = [
      ...(await Promise.all(actors.map(({ name, client }) => sideOfClient(name, client)))),
      await sideOfStore('the server', store),
    ];
    const problems = [...waiting, ...differences(sides)];
    print(
      `\n${sides[0]?.records.size ?? 0} records compared on ${sides.map(({ name }) => name).join(', ')}.`,
    );
    for (const problem of problems) print(problem);
    print(
      problems.length === 0
        ? 'both devices and the server are equal'
        : `NOT equal: ${problems.length} differences`,
    );
    return problems.length === 0 ? 0 : 1;
  } finally {
    for (const { client } of actors) await client.close();
    await host.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function tellStory(phone: Actor, laptop: Actor, table: Table): Promise<void> {
  await phone.sync('starts empty, pulls everything', () => count(phone));
  await laptop.sync('starts empty, pulls everything', () => count(laptop));
  const [a, b, c] = await phone.client.collection(piece).list({ orderBy: 'composer', limit: 3 });
  if (a === undefined || b === undefined || c === undefined) throw new Error('the story needs three pieces');

  table.heading(`Both go offline and edit A, ${a.title}; B, ${b.title}; C, ${c.title}`);
  for (const actor of [phone, laptop]) {
    actor.cable.plug(false);
    await actor.sync('goes offline');
  }
  await practise(phone, a, {
    minutes: 20,
    note: 'Left hand alone',
    tag: 'slow',
    status: 'learning',
    tempo: 60,
  });
  await phone.edit('B: five minutes more', b.id, 'minutes', (draft) => void (draft.minutes += 5));
  await phone.act('C: deleted', () => phone.client.collection(piece).delete(c.id));
  await practise(laptop, a, {
    minutes: 15,
    note: 'With metronome',
    tag: 'pulse',
    status: 'ready',
    tempo: 72,
  });
  await laptop.edit('B: ten minutes more', b.id, 'minutes', (draft) => void (draft.minutes += 10));
  await laptop.edit('C: notes', c.id, 'notes', (draft) => void (draft.notes = 'Keep this one'));

  table.heading('They reconnect, one after the other');
  phone.cable.plug(true);
  await phone.sync('is online again');
  laptop.cable.plug(true);
  await laptop.sync('is online again', () => conflictOf(laptop));
  await tellWhy(laptop, 'A', a.id, table);
  const [conflict] = laptop.client.conflicts.list();
  if (conflict === undefined) throw new Error('the two tempos should have been left to a person');
  const merged = { ...(await laptop.client.collection(piece).get(a.id)), tempo: 66 };
  await laptop.act('A: a person settles on tempo 66', () =>
    laptop.client.conflicts.resolve(conflict.id, { merged }),
  );
  await laptop.sync('sends the decision');

  table.heading('What the first one sees now');
  await phone.sync('pulls what became of it');
  for (const [name, { id }] of [
    ['A', a],
    ['B', b],
    ['C', c],
  ] as const)
    await tellWhy(phone, name, id, table);
}

async function practise(
  { edit }: Actor,
  { id }: Piece,
  {
    minutes,
    note,
    tag,
    status,
    tempo,
  }: { minutes: number; note: string; tag: string; status: Piece['status']; tempo: number },
): Promise<void> {
  await edit(`A: ${minutes} minutes more`, id, 'minutes', (draft) => void (draft.minutes += minutes));
  await edit(
    'A: notes',
    id,
    'notes',
    (draft) => void (draft.notes += `${draft.notes === '' ? '' : '\n'}${note}`),
  );
  await edit('A: one more tag', id, 'tags', (draft) => void draft.tags.push(tag));
  await edit('A: status', id, 'status', (draft) => void (draft.status = status));
  await edit('A: tempo', id, 'tempo', (draft) => void (draft.tempo = tempo));
}

/** One row for each field of a record that came out of a merge. */
async function tellWhy({ name, client }: Actor, letter: string, id: string, table: Table): Promise<void> {
  const names = new Map((await client.collection(device).list()).map((each) => [each.id, each.name]));
  const { view, decisions } = await client.explain(piece, id);
  for (const decision of decisions) {
    const { rule, sentence } = noteOf(decision, (replica) => names.get(replica) ?? 'another device');
    const value = decision.path === '' ? view?.data['title'] : decision.result;
    table.row([
      name,
      `${letter}: ${labelOf(decision.path).toLowerCase()}`,
      '',
      `rule ${rule}`,
      `${shown(value)}. ${sentence}`,
    ]);
  }
}

async function count({ client }: Actor): Promise<string> {
  return `${(await client.collection(piece).list()).length} pieces`;
}

async function conflictOf({ client }: Actor): Promise<string> {
  const fields = client.conflicts.list().flatMap(({ fields }) => fields);
  return fields
    .map(
      ({ path, local, remote }) =>
        `${labelOf(path)}: ${shown(local)} here, ${shown(remote)} on the server; no rule may decide`,
    )
    .join('. ');
}
