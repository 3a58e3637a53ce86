import { setImmediate as nextTurn } from 'node:timers/promises';

/** A clock that stands until it is moved; sleepers wake when their time has come. */
export type ManualClock = {
  now(): Date;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Moves on from sleeper to sleeper, and lets each do its work before the next one. */
  advance(ms: number): Promise<void>;
  /** Sets the clock, forward or back. Sleepers do not notice. */
  jump(ms: number): void;
};

/** Reads and writes of a local file take a turn of the event loop or two each; this is enough for dozens of them. */
const turnsOfWork = 100;

/** Waits until the work on a local file is finished. */
export async function localWork(): Promise<void> {
  for (let turn = 0; turn < turnsOfWork; turn += 1) await nextTurn();
}

/** @param settle resolves when a sleeper's work is done; work on a local file when left out */
export function createManualClock(start: Date, settle: () => Promise<void> = localWork): ManualClock {
  let nowMs = start.getTime();
  /** How long the process has run. Setting the clock does not change it. */
  let livedMs = 0;
  const sleepers = new Set<{ wakeMs: number; wake: () => void }>();
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
      await settle();
      const endMs = livedMs + ms;
      for (;;) {
        const next = [...sleepers].sort((one, other) => one.wakeMs - other.wakeMs)[0];
        const untilMs = Math.min(endMs, next?.wakeMs ?? endMs);
        nowMs += untilMs - livedMs;
        livedMs = untilMs;
        if (next === undefined || next.wakeMs > endMs) return;
        next.wake();
        await settle();
      }
    },
    jump(ms) {
      nowMs += ms;
    },
  };
}
