/** A clock that stands until it is moved; sleepers wake when their time has come. */
export type ManualClock = {
  now(): Date;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Moves on from sleeper to sleeper, leaving each a moment of real time for what it does. */
  advance(ms: number): Promise<void>;
  /** Sets the clock, forward or back. Sleepers do not notice. */
  jump(ms: number): void;
};

/** Long enough for some reads and writes of a local file. */
const workMs = 15;

export function createManualClock(start: Date): ManualClock {
  let nowMs = start.getTime();
  /** How long the process has lived, which no setting of the clock changes. */
  let livedMs = 0;
  const sleepers = new Set<{ wakeMs: number; wake: () => void }>();
  const rest = () => new Promise((resolve) => setTimeout(resolve, workMs));
  return {
    now: () => new Date(nowMs),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const sleeper = { wakeMs: livedMs + ms, wake };
        function wake(): void {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          resolve();
        }
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake);
      }),
    async advance(ms) {
      await rest();
      const endMs = livedMs + ms;
      for (;;) {
        const next = [...sleepers].sort((one, other) => one.wakeMs - other.wakeMs)[0];
        const untilMs = Math.min(endMs, next?.wakeMs ?? endMs);
        nowMs += untilMs - livedMs;
        livedMs = untilMs;
        if (next === undefined || next.wakeMs > endMs) return;
        next.wake();
        await rest();
      }
    },
    jump(ms) {
      nowMs += ms;
    },
  };
}
