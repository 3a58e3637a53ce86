/** Adds up the time of calls. Each of two overlapping calls counts in full. */
export type Stopwatch = {
  add(ms: number): void;
  totalMs(): number;
  calls(): number;
  reset(): void;
};

export function createStopwatch(): Stopwatch {
  let total = 0;
  let count = 0;
  return {
    add(ms) {
      total += ms;
      count += 1;
    },
    totalMs: () => total,
    calls: () => count,
    reset() {
      total = 0;
      count = 0;
    },
  };
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AsyncFunctions = Record<string, (...words: any[]) => Promise<unknown>>;

/** Returns the same functions. Each call adds its time to the stopwatch. */
export function timeCalls<Functions extends AsyncFunctions>(
  functions: Functions,
  stopwatch: Stopwatch,
): Functions {
  const timed = Object.entries(functions).map(([name, call]) => [
    name,
    async (...words: unknown[]) => {
      const start = performance.now();
      try {
        return await call(...words);
      } finally {
        stopwatch.add(performance.now() - start);
      }
    },
  ]);
  return Object.fromEntries(timed) as Functions;
}
