import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuMsOf, peakBytesOf } from './process-usage.ts';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const lookEveryMs = 20;

export type CommandRun = {
  exitCode: number | null;
  /** Its highest memory use and its processor time, read at most 20 ms before its end. */
  peakBytes: number;
  cpuMs: number;
};

/**
 * Runs a command of the built bridge to its end, in a process of its own with only this environment. When it fails,
 * its output is written to the standard error of this program.
 */
export async function runBridgeCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandRun> {
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const closed = once(child, 'close');
  let usage = { peakBytes: 0, cpuMs: 0 };
  while (child.exitCode === null && child.signalCode === null) {
    usage = (await usageOf(child.pid ?? 0)) ?? usage;
    await sleep(lookEveryMs);
  }
  await closed;
  if (child.exitCode !== 0) process.stderr.write(output);
  return { exitCode: child.exitCode, ...usage };
}

/** Undefined when it has just ended. */
async function usageOf(pid: number): Promise<{ peakBytes: number; cpuMs: number } | undefined> {
  try {
    const usage = { peakBytes: await peakBytesOf(pid), cpuMs: await cpuMsOf(pid) };
    return Number.isNaN(usage.peakBytes) ? undefined : usage;
  } catch {
    // The process has ended, so its files in /proc are gone, but Node has not reported the end yet.
    return undefined;
  }
}
