/** What happened in a run, line by line. Costs nothing unless it is kept. */
export class Lines {
  readonly #kept: string[] | undefined;
  readonly #now: () => string;

  constructor(now: () => string, keep: boolean) {
    this.#now = now;
    this.#kept = keep ? [] : undefined;
  }

  add(line: () => string): void {
    this.#kept?.push(`${this.#now()}  ${line()}`);
  }

  all(): readonly string[] {
    return this.#kept ?? [];
  }
}
