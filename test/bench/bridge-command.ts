import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { peakBytesOf } from './process-usage.ts';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const lookEveryMs = 20;

export type CommandRun = {
  exitCode: number | null;
  /** What it printed. Its standard error appears in ours when it fails. */
  output: string;
  /** The most memory it was seen to have; what it took in its last 20 ms is not in it. */
  peakBytes: number;
  /** Milliseconds since 1970. */
  endedAt: number;
};

/** Runs a command of the built bridge to its end, in a process of its own with this environment and no other. */
export async function runBridgeCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandRun> {
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const closed = once(child, 'close').then(() => Date.now());
  let peakBytes = 0;
  while (child.exitCode === null && child.signalCode === null) {
    // Between its end and our knowing of it there is nothing to be read.
    const bytes = await peakBytesOf(child.pid ?? 0).catch(() => Number.NaN);
    if (bytes > peakBytes) peakBytes = bytes;
    await sleep(lookEveryMs);
  }
  const endedAt = await closed;
  if (child.exitCode !== 0) process.stderr.write(errors);
  return { exitCode: child.exitCode, output, peakBytes, endedAt };
}
