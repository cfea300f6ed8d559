import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Frees what nobody holds any more, and resolves with the bytes in use. */
export async function bytesInUse(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    // What was dereferenced in a turn stays until its end.
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
  }
  return process.memoryUsage().heapUsed;
}
