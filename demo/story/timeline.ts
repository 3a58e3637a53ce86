/** A step of the story did not have its effect. */
export class StepFailed extends Error {
  constructor(step: string, cause: unknown) {
    super(`Step "${step}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'StepFailed';
  }
}

export type Timeline = {
  /** Prints the title, runs the step, and names it in the error if it fails. */
  step<T>(title: string, act: () => Promise<T>): Promise<T>;
  /** Prints a line: where something can be seen now, and what. */
  show(where: string, what: string): void;
};

export function createTimeline(print: (line: string) => void): Timeline {
  let count = 0;
  return {
    async step(title, act) {
      count += 1;
      print(`\n${String(count).padStart(2)}. ${title}`);
      try {
        return await act();
      } catch (error) {
        throw new StepFailed(`${count}. ${title}`, error);
      }
    },
    show: (where, what) => print(`      ${where.padEnd(14)} ${what}`),
  };
}

/** @throws Error that says what was expected */
export function expectThat(holds: boolean, expected: string): asserts holds {
  if (!holds) throw new Error(`expected that ${expected}`);
}

/**
 * Reads again and again until the value is right.
 *
 * @throws Error that says what was expected and what was read last
 */
export async function readUntil<T>(
  expected: string,
  read: () => Promise<T>,
  isRight: (value: T) => boolean,
  timeoutMs = 20_000,
): Promise<T> {
  const attempts = Math.ceil(timeoutMs / 100);
  for (let attempt = 1; ; attempt += 1) {
    const value = await read();
    if (isRight(value)) return value;
    if (attempt >= attempts) {
      throw new Error(`expected that ${expected}; read last: ${JSON.stringify(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
