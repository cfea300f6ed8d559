/** One record of the benchmarks: about 215 bytes of JSON, or about 2,000 where it is wide. */
export interface Task {
  readonly id: string;
  readonly title: string;
  readonly project: string;
  readonly minutes: number;
  readonly done: boolean;
  readonly notes: string;
}

/** Records of one project, so that a query by index finds a hundredth of them. */
const projectCount = 100;

const notesLength = { narrow: 72, wide: 1850 };

const words = (
  'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore ' +
  'magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo'
).split(' ');

export function projectAt(index: number): string {
  return `project-${String(index % projectCount).padStart(2, '0')}`;
}

/** Always the same record for the same index; ids of different `series` never meet. */
export function taskAt(index: number, { series = 0, wide = false } = {}): Task {
  return {
    id: `0190f3c2-7a00-7${String(series).padStart(3, '0')}-8000-${String(index).padStart(12, '0')}`,
    title: textAt(index, 28),
    project: projectAt(index),
    minutes: (index * 7) % 480,
    done: index % 3 === 0,
    notes: textAt(index * 31, wide ? notesLength.wide : notesLength.narrow),
  };
}

export function tasksOf(count: number, options: { series?: number; wide?: boolean } = {}): Task[] {
  return Array.from({ length: count }, (_, index) => taskAt(index, options));
}

function textAt(seed: number, length: number): string {
  let text = '';
  for (let at = seed; text.length < length; at = at * 5 + 3) text += `${words[at % words.length]} `;
  return text.slice(0, length);
}
