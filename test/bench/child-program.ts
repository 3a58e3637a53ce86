import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A TypeScript program of this folder in a process of its own, which shares the standard error of this one. */
export type ChildProgram = {
  pid: number;
  /**
   * The next line it prints.
   *
   * @throws Error when it ends without printing another line
   */
  nextLine(): Promise<string>;
  /** SIGKILL unless it has ended already; resolves when it is gone. */
  end(): Promise<void>;
};

export function startProgram(name: string, args: readonly string[]): ChildProgram {
  const path = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]() as AsyncIterator<
    string,
    void
  >;
  return {
    pid: child.pid ?? 0,
    async nextLine() {
      const line = await lines.next();
      if (line.done !== true) return line.value;
      throw new Error(`${name} ended with exit code ${child.exitCode}.`);
    },
    async end() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
