import {
  logStorage,
  type LogDevice,
  type LogSignals,
  type StorageAdapter,
  type StorageSignals,
} from 'syncline';
import type { ConformanceCase } from './check.js';
import { layout } from './storage-world.js';

/** Makes a device that is not open yet. All devices of one setup stand over one store, which is empty at first. */
export type LogDeviceSetup = () => LogDevice;

export type LogDeviceCase = ConformanceCase<LogDeviceSetup>;

/** A case whose devices are closed at the end, whatever happened. */
export function deviceCase(name: string, body: (world: DeviceWorld) => Promise<void>): LogDeviceCase {
  return {
    name,
    run: async (setup) => {
      const world = new DeviceWorld(setup);
      try {
        await body(world);
      } finally {
        await world.close();
      }
    },
  };
}

/** Puts a text in the log in place of the one that `logStorage` wants to append, and says what becomes of the call. */
export type Tamper = (payload: string, append: (payload: string) => Promise<boolean>) => Promise<boolean>;

export class DeviceWorld {
  readonly #setup: LogDeviceSetup;
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(setup: LogDeviceSetup) {
    this.#setup = setup;
  }

  /** Another device over the same store, not open yet. */
  create(): LogDevice {
    const device = this.#setup();
    this.#closers.push(() => device.close());
    return device;
  }

  async open(signals?: LogSignals): Promise<LogDevice> {
    const device = this.create();
    await device.open(signals);
    return device;
  }

  /** A `logStorage` over another device, with a fault in it where one is given. */
  async storage(signals: StorageSignals = {}, tamper?: Tamper): Promise<StorageAdapter> {
    const device = this.create();
    const storage = logStorage(tamper === undefined ? device : tampered(device, tamper));
    this.#closers.push(() => storage.close());
    await storage.open(layout, signals);
    return storage;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }
}

/** Appends the payloads one after the other from position `after` on; throws when one is refused. */
export async function fill(device: LogDevice, payloads: readonly string[], after = 0): Promise<void> {
  for (const [at, payload] of payloads.entries()) {
    if (!(await device.append(payload, { after: after + at }))) {
      throw new Error(
        `the append at position ${after + at + 1} was refused though the head was ${after + at}`,
      );
    }
  }
}

function tampered(device: LogDevice, tamper: Tamper): LogDevice {
  return {
    open: (signals) => device.open(signals),
    read: (after) => device.read(after),
    append: (payload, options) => tamper(payload, (text) => device.append(text, options)),
    compact: (snapshot, upTo) => device.compact(snapshot, upTo),
    close: () => device.close(),
    destroy: () => device.destroy(),
  };
}
