import type { Device } from './device.js';
import { fill, pause, press } from './hand.js';
import type { Panel } from './panel.js';

interface Part {
  readonly minutes: number;
  readonly note: string;
  readonly tag: string;
  readonly status: string;
  readonly tempo: number;
}

/** What is done on the two devices, offline, to the same piece. `minutes` and `tempo` are added to what is there. */
const parts: readonly (readonly [Part, Part])[] = [
  [
    {
      minutes: 20,
      note: 'Left hand alone, bars 1 to 16.',
      tag: 'slow practice',
      status: 'learning',
      tempo: 6,
    },
    { minutes: 15, note: 'With the metronome, twice through.', tag: 'metronome', status: 'ready', tempo: 12 },
  ],
  [
    { minutes: 30, note: 'Pedal changes marked in the score.', tag: 'pedal', status: 'learning', tempo: 4 },
    { minutes: 10, note: 'By heart up to the reprise.', tag: 'by heart', status: 'ready', tempo: 10 },
  ],
];

const favourites = [
  'beethoven-op-27-no-2',
  'debussy-suite-bergamasque-no-3',
  'bach-bwv-846',
  'chopin-op-28-no-15',
  'schubert-d-960',
];
const usualTempo = 54;

/** Pulls the plug on each device. */
export async function unplug(panels: readonly Panel[]): Promise<void> {
  for (const panel of panels) await switchTo(panel, false);
}

/** Edits one piece on both devices, another one in each round. */
export async function editOnBoth([first, second]: readonly [Panel, Panel], round: number): Promise<void> {
  const [mine, yours] = parts[round % parts.length] ?? [];
  const id = pieceOf(first.device, round);
  if (id === undefined || mine === undefined || yours === undefined) return;
  await edit(first, id, mine);
  await edit(second, id, yours);
  for (const panel of [first, second]) panel.rewind();
}

/** Plugs the devices in again, one after the other. */
export async function reconnect(panels: readonly Panel[]): Promise<void> {
  for (const panel of panels) {
    await switchTo(panel, true);
    await sent(panel.device);
    await pause();
  }
  for (const panel of panels) panel.rewind();
}

/** Answers each open question with the value that the page suggests. */
export async function settle(panels: readonly Panel[]): Promise<void> {
  for (const { element } of panels) await press(element.querySelector('[data-do=use-merged]'));
}

/** A favourite of the catalogue, another one each time; any piece where there are none of them. */
function pieceOf(device: Device, round: number): string | undefined {
  const wanted = favourites[round % favourites.length] ?? '';
  const rows = device.rows();
  return (rows.find(({ id }) => id.includes(wanted)) ?? rows[round % rows.length])?.id;
}

async function switchTo({ device, element }: Panel, isIn: boolean): Promise<void> {
  if (device.isPluggedIn() !== isIn) await press(element.querySelector('[data-do=online]'));
}

/** Resolves once nothing waits to be sent, or after some seconds: the server may be down. */
async function sent({ client }: Device): Promise<void> {
  for (let waits = 0; client.status().pending > 0 && waits < 50; waits++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Finds the piece in the list, opens it, and fills in one field after the other. */
async function edit(panel: Panel, id: string, part: Part): Promise<void> {
  const { device, element } = panel;
  panel.show('pieces');
  const present = device.rows().find((row) => row.id === id);
  if (present === undefined) return;
  const search = element.querySelector<HTMLInputElement>('[data-do=search]');
  await fill(search, `${present.title} ${present.opus}`);
  await press(element.querySelector(`.row[data-piece="${CSS.escape(id)}"] .row-open`));
  await fill(search, '');
  const input = (name: string) =>
    element.querySelector<HTMLInputElement>(`[data-field=${name}] :is(input, select, textarea)`);
  await fill(input('minutes'), String(present.minutes + part.minutes));
  await fill(input('notes'), [present.notes, part.note].filter((line) => line !== '').join('\n'));
  await fill(input('tags'), part.tag);
  await fill(input('status'), part.status);
  await fill(input('tempo'), String(Math.min(400, (present.tempo ?? usualTempo) + part.tempo)));
}
