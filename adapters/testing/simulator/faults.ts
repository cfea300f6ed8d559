/** Every kind of fault, and what it does. */
export const faultKinds = {
  'request-lost': 'a request never arrives',
  'answer-lost': 'a request takes effect, and its answer is lost',
  'answer-delayed': 'an answer comes late',
  'request-late': 'a request arrives long after its sender gave it up',
  'request-duplicated': 'a request arrives twice, the second time late',
  'answer-of-duplicate': 'a request arrives twice, and the answer to the second is what comes back',
  partition: 'nothing passes in either direction',
  'partition-out': 'requests are lost',
  'partition-in': 'answers are lost',
  'token-expired': 'the server asks who this is, until the token is renewed',
  'rate-limited': 'the server asks for a pause',
  'batch-too-large': 'the server refuses a batch of more than one operation as too large',
  'server-error': 'the server fails without an effect',
  'operation-put-off': 'the server puts off one operation of a batch',
  'write-refused': 'the server does not allow a write',
  'server-stop-before-commit': 'the server stops before its transaction commits',
  'server-stop-after-commit': 'the server stops after its transaction committed, before it answers',
  'server-down': 'the server is away for a while',
  'server-restored': 'the server goes back to a backup',
  'server-compacted': 'the server drops old answers and deletes',
  'stop-before-commit': 'a tab stops before its commit is stored',
  'stop-after-commit': 'a tab stops after its commit was stored, before it knows',
  'device-stop-before-commit': 'all tabs of a device stop before a commit is stored',
  'device-stop-after-commit': 'all tabs of a device stop after a commit was stored',
  'stop-at-compaction': 'a tab stops while its log is compacted',
  'stop-at-reading': 'a tab stops while it reads its log',
  'tab-killed': 'a tab stops at any moment',
  'device-killed': 'all tabs of a device stop at any moment',
  quota: 'a commit finds no room',
  'commit-unknown': 'a commit is stored, and its caller is told that it failed',
  'disk-slow': 'commits take long',
  'doorbell-lost': 'tabs are not told of commits for a while',
  'clock-skewed': "a device's clock is off by up to a day",
  'clock-jumped': "a device's clock jumps by up to an hour",
} as const;

export type FaultKind = keyof typeof faultKinds;

/** How often each kind struck. One that was planned and met nothing to strike does not count. */
export type FaultCounts = Readonly<Partial<Record<FaultKind, number>>>;

/** Faults of a step that wait for what they strike. */
export interface PlannedFault {
  readonly fault: FaultKind;
  /** Which of the next calls or commits is struck, from 0. */
  readonly nth: number;
  readonly ms: number;
}

/** Faults that wait for a place to strike, in the order they were planned. */
export class FaultQueue {
  readonly counts: Partial<Record<FaultKind, number>>;
  readonly #waiting: { readonly planned: PlannedFault; left: number }[] = [];

  constructor(counts: Partial<Record<FaultKind, number>>) {
    this.counts = counts;
  }

  plan(planned: PlannedFault): void {
    this.#waiting.push({ planned, left: planned.nth });
  }

  /** The first fault among `kinds` that is due at this place. One more occasion passes for the others. */
  strike(kinds: ReadonlySet<FaultKind>): PlannedFault | undefined {
    let struck: PlannedFault | undefined;
    for (const waiting of [...this.#waiting]) {
      if (!kinds.has(waiting.planned.fault)) continue;
      if (waiting.left > 0) waiting.left--;
      else if (struck === undefined) {
        struck = waiting.planned;
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.count(struck.fault);
      }
    }
    return struck;
  }

  count(fault: FaultKind): void {
    this.counts[fault] = (this.counts[fault] ?? 0) + 1;
  }

  /** What has not struck never will. */
  clear(): void {
    this.#waiting.length = 0;
  }
}
