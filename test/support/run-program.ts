import { spawn } from 'node:child_process';
import { builtProgram } from './built-programs.ts';

/** How a program ended and what it had printed by then. */
export type ProgramRun = { exitCode: number | null; signal: NodeJS.Signals | null; lines: string[] };

/**
 * Runs a program of test/programs in a process of its own and waits for its end. Its standard error appears
 * in the test's.
 *
 * @param options.fileSizeLimitKiB the kernel refuses to let any file of the program grow beyond it, for root
 *   too, as a full disk would (RLIMIT_FSIZE)
 */
export function runProgram(
  name: string,
  args: readonly string[],
  options: { fileSizeLimitKiB?: number } = {},
): Promise<ProgramRun> {
  const command = [process.execPath, builtProgram(`test/programs/${name}.ts`), ...args];
  const limit = options.fileSizeLimitKiB;
  // POSIX counts the limit of `ulimit -f` in blocks of 512 bytes.
  const script = limit === undefined ? 'exec "$@"' : `ulimit -f ${limit * 2}; exec "$@"`;
  const child = spawn('sh', ['-c', script, 'sh', ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      resolve({ exitCode, signal, lines: output.split('\n').filter((line) => line !== '') });
    });
  });
}
