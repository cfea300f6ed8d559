import type { ClientEvent } from 'syncline';
import type { Traffic } from '../cable.js';
import { complaintOf, openDevice, type Device } from './device.js';
import { h } from './dom.js';
import { createJournal } from './journal.js';
import { createPanel } from './panel.js';
import { createStory } from './story.js';

const desk = document.querySelector('#desk');
const intro = document.querySelector('#story');
if (desk === null || intro === null) throw new Error('the page is not whole');

const journal = createJournal();
desk.append(journal.element);

try {
  const [phone, laptop] = await Promise.all([open('phone', 'Phone'), open('laptop', 'Laptop')]);
  journal.follow([phone, laptop]);
  const panels = [createPanel(phone), createPanel(laptop)] as const;
  desk.replaceChildren(panels[0].element, journal.element, panels[1].element);
  intro.append(createStory(panels).element);
} catch (error) {
  desk.replaceChildren(
    h(
      'p',
      { class: 'empty', role: 'alert' },
      h('b', {}, 'The devices could not be opened'),
      complaintOf(error),
    ),
  );
}

async function open(key: string, name: string): Promise<Device> {
  const opened: { device?: Device } = {};
  const onTraffic = (traffic: Traffic) =>
    journal.note(name, traffic, (replica) => opened.device?.nameOf(replica) ?? name);
  const device = (opened.device = await openDevice({ key, name, onTraffic }));
  let wasIn = device.isPluggedIn();
  device.subscribe(() => {
    if (device.isPluggedIn() === wasIn) return;
    wasIn = device.isPluggedIn();
    journal.say(name, wasIn ? 'is online again.' : 'went offline.');
  });
  device.client.events$.subscribe((event) => {
    const text = newsOf(event);
    if (text !== undefined) journal.say(name, text);
  });
  return device;
}

/** What is rare enough to be told apart from the traffic. */
function newsOf(event: ClientEvent): string | undefined {
  switch (event.kind) {
    case 'dead-letter':
      return `has an edit that was refused: ${event.entry.error?.message ?? ''}`;
    case 'storage-lost':
      return `lost what this browser had stored, and pulls it again: ${event.reason}`;
    case 'epoch-changed':
      return `met a server that was restored, and sends again what it may have lost.`;
    case 'identity-changed':
      return 'found its store copied, and goes on under a new name.';
    case 'error':
      return `reports: ${event.error.message}`;
    default:
      return undefined;
  }
}
