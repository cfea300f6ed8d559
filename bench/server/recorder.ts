import { Session, type Profiler } from 'node:inspector/promises';

const samplingMicros = 100;

/** Records where this process spends its time. */
export function createRecorder() {
  const session = new Session();
  return {
    async start(): Promise<void> {
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: samplingMicros });
      await session.post('Profiler.start');
    },
    async stop(): Promise<Profiler.Profile> {
      const { profile } = await session.post('Profiler.stop');
      session.disconnect();
      return profile;
    },
  };
}
