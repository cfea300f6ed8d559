import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createSyncClient } from 'syncline';
import { serveNode } from 'syncline/host/node';
import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { memoryStorage } from 'syncline/storage/memory';
import { httpTransport } from 'syncline/transport/http';
import { task } from '../../support/world.js';

type Direction = 'requests' | 'answers';

/** Hands bytes on between a client and a port, and resets the connection after some of them. */
async function createProxy(port: number) {
  let cut: { readonly direction: Direction; left: number } | undefined;
  const sockets = new Set<Socket>();
  const handOn = (from: Socket, to: Socket, direction: Direction) => {
    sockets.add(from.on('error', () => undefined));
    from.on('close', () => to.destroy());
    from.on('data', (bytes) => {
      if (cut?.direction !== direction || bytes.length <= cut.left) {
        if (cut?.direction === direction) cut.left -= bytes.length;
        to.write(bytes);
        return;
      }
      const { left } = cut;
      cut = undefined;
      to.write(bytes.subarray(0, left), () => {
        from.resetAndDestroy();
        to.resetAndDestroy();
      });
    });
  };
  const proxy = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    handOn(near, far, 'requests');
    handOn(far, near, 'answers');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/api/v1/sync`,
    cutAfter: (direction: Direction, left: number) => void (cut = { direction, left }),
    /** Answers whether the connection was cut since. */
    mend() {
      const wasCut = cut === undefined;
      cut = undefined;
      return wasCut;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => proxy.close(resolve));
    },
  };
}

test.each([
  ['requests', 0, 7],
  ['answers', 0, 3],
  // Long enough to be packed.
  ['requests', 5_000, 61],
  ['answers', 5_000, 61],
] as const)(
  'a connection that is reset within its %s, after any number of bytes, loses and repeats nothing: %d characters',
  async (direction, length, step) => {
    const server = createSyncServer({
      entities: [task],
      store: memoryStore(),
      mode: 'development',
      limits: { requestsPerSecond: 1e6, requestBurst: 1e6 },
    });
    const host = await serveNode(server, { port: 0 });
    const proxy = await createProxy(Number(new URL(host.url).port));
    const device = (url: string) =>
      createSyncClient({
        entities: [task],
        storage: memoryStorage(),
        transport: httpTransport({ url }),
        auto: false,
      });
    const phone = await device(proxy.url);
    const laptop = await device(`${host.url}/api/v1/sync`);
    const noise = () => Array.from({ length }, () => Math.random().toString(36).charAt(3)).join('');
    await phone.collection(task).create({ id: 't', title: 'T', minutes: 0 });
    await phone.sync();

    let count = 0;
    for (let bytes = 0, wasCut = true; wasCut; bytes += step) {
      await phone.collection(task).increment('t', 'minutes');
      await phone.collection(task).update('t', { title: noise() });
      await laptop.sync();
      await laptop.collection(task).increment('t', 'minutes');
      await laptop.sync();
      count += 2;
      proxy.cutAfter(direction, bytes);
      const failure: unknown = await phone.sync().catch((error: unknown) => error);
      wasCut = proxy.mend();
      if (failure !== undefined) expect(failure).toMatchObject({ code: 'network' });
      await phone.sync();
      expect(phone.status()).toMatchObject({ state: 'synced', pending: 0, deadLetters: 0 });
      expect(await phone.collection(task).get('t')).toMatchObject({ minutes: count });
    }
    await laptop.sync();
    expect(await laptop.collection(task).get('t')).toEqual(await phone.collection(task).get('t'));
    expect(count).toBeGreaterThan(80);
    for (const client of [phone, laptop]) await client.close();
    await proxy.close();
    await host.close();
  },
);
