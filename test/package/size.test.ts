import { expect, it } from 'vitest';
import { measureSize, sizeBytesMax, sizeReport } from '../../scripts/size.js';

it('does not grow: client, IndexedDB storage and HTTP transport, without rxjs and zod', async () => {
  const size = await measureSize();
  console.log(sizeReport(size));
  expect(size.gzipBytes).toBeLessThanOrEqual(sizeBytesMax);
});
