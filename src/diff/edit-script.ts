/** Tokens `[start, end)` of the old sequence give way to these new ones. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly insert: readonly string[];
}

/**
 * A shortest list of edits that turns one sequence into another, in order; between two edits a token stays.
 *
 * `undefined` when more than `editsMax` tokens come and go: time grows with that number times the length, memory
 * with its square.
 *
 * Source: Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1, 1986.
 */
export function editScript(
  before: readonly string[],
  after: readonly string[],
  editsMax: number,
): Edit[] | undefined {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;

  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  const rounds = search(a, b, editsMax);
  return rounds && toEdits(matches(a.length, b.length, rounds), a.length, b, head);
}

/** Per number of edits, how far into `a` each diagonal gets; diagonal `k` of round `d` is at index `k + d`. */
function search(a: readonly string[], b: readonly string[], editsMax: number): Int32Array[] | undefined {
  const max = Math.min(a.length + b.length, editsMax);
  const zero = max + 1;
  const furthest = new Int32Array(2 * max + 3);
  const rounds: Int32Array[] = [];
  for (let d = 0; d <= max; d++) {
    for (let k = -d; k <= d; k += 2) {
      const right = furthest[zero + k - 1] ?? 0;
      const down = furthest[zero + k + 1] ?? 0;
      let x = k === -d || (k !== d && right < down) ? down : right + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest[zero + k] = x;
      if (x >= a.length && x - k >= b.length) return rounds;
    }
    rounds.push(furthest.slice(zero - d, zero + d + 1));
  }
  return undefined;
}

/** Pairs of equal tokens, walked back from the end through the rounds of the search. */
function matches(aLength: number, bLength: number, rounds: readonly Int32Array[]): [number, number][] {
  const pairs: [number, number][] = [];
  let x = aLength;
  let y = bLength;
  for (let d = rounds.length; d > 0; d--) {
    const round = rounds[d - 1] ?? new Int32Array();
    const k = x - y;
    const right = round[k - 1 + d - 1] ?? -1;
    const down = round[k + 1 + d - 1] ?? -1;
    const isDown = k === -d || (k !== d && right < down);
    const fromX = isDown ? down : right;
    const startX = isDown ? down : right + 1;
    while (x > startX) pairs.push([--x, --y]);
    y = fromX - (isDown ? k + 1 : k - 1);
    x = fromX;
  }
  while (x > 0) pairs.push([--x, --y]);
  return pairs.reverse();
}

function toEdits(
  pairs: readonly [number, number][],
  aLength: number,
  b: readonly string[],
  offset: number,
): Edit[] {
  const edits: Edit[] = [];
  let x = 0;
  let y = 0;
  for (const [nextX, nextY] of [...pairs, [aLength, b.length] as const]) {
    if (nextX > x || nextY > y)
      edits.push({ start: offset + x, end: offset + nextX, insert: b.slice(y, nextY) });
    x = nextX + 1;
    y = nextY + 1;
  }
  return edits;
}
