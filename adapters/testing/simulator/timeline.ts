/** What kind of thing happened; it chooses the colour in the lane diagram. */
export type TimelineKind =
  /** A person or an application does something. */
  | 'act'
  /** The application is told that nothing came of it. */
  | 'told'
  /** Something is durable on a device: an operation of the outbox, or a record as it is shown. */
  | 'stored'
  /** A device sends a call; the server answers it; the device hears the answer; or one of the two is lost. */
  | 'sent'
  | 'answered'
  | 'heard'
  | 'lost'
  /** The server commits. */
  | 'commit'
  /** A fault strikes. */
  | 'fault'
  | 'note'
  /** A promise or an invariant does not hold. */
  | 'broken';

/** Where something happens. Without a device: at the server; without a tab: on the device as a whole. */
export interface TimelinePlace {
  /** Number of the device, from 0. */
  readonly device?: number;
  /** Number of the tab on its device, from 0. */
  readonly tab?: number;
}

/** One line of a timeline. */
export interface TimelineEvent extends TimelinePlace {
  /** Milliseconds since the run began. */
  readonly atMs: number;
  readonly kind: TimelineKind;
  readonly text: string;
  /** Number of the call, for `sent`, `answered`, `heard` and `lost`. */
  readonly call?: number;
}

type Told = Omit<TimelineEvent, 'atMs'>;

/** What happens in a run, in order. Costs nothing unless it is kept. */
export class Timeline {
  readonly #events: TimelineEvent[] | undefined;
  readonly #nowMs: () => number;
  /** Calls that brought nothing to anybody. */
  readonly #idle = new Set<number>();
  #calls = 0;

  constructor(nowMs: () => number, keep: boolean) {
    this.#nowMs = nowMs;
    this.#events = keep ? [] : undefined;
  }

  add(tell: () => Told): void {
    this.#events?.push({ atMs: this.#nowMs(), ...tell() });
  }

  nextCall(): number {
    return ++this.#calls;
  }

  /** Leaves a call out: a poll that found nothing new. */
  leaveOut(call: number): void {
    this.#idle.add(call);
  }

  /** All that happened until the first promise was broken. */
  all(): readonly TimelineEvent[] {
    const events = (this.#events ?? []).filter(({ call }) => call === undefined || !this.#idle.has(call));
    const end = events.findIndex(({ kind }) => kind === 'broken');
    return end < 0 ? events : events.slice(0, end + 1);
  }
}

/** Short name of an operation: they are numbered in the order in which they are made. */
export function shortId(id: string): string {
  const number = /^[0-9a-f]{8}-[0-9a-f]{4}-7000-8000-([0-9a-f]{12})$/.exec(id)?.[1];
  return number === undefined ? id : `#${Number.parseInt(number, 16)}`;
}
