#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { createProgram } from './commands/command-line.ts';
import type { CommandLineDeps } from './commands/command-line.ts';
import { BridgeError, isUsageError } from './errors.ts';
import { describeError } from './log.ts';

const deps: CommandLineDeps = {
  source: { env: process.env, readFile: (path) => readFileSync(path, 'utf8') },
  now: () => new Date(),
  out: (line) => void process.stdout.write(`${line}\n`),
  writeLog: (line) => void process.stderr.write(line),
  writeServeLog: (line) => void process.stdout.write(line),
  stopAsked,
  enterUtc: () => void (process.env['TZ'] = 'UTC'),
};

/** Once per signal: a second one ends the process at once, as users expect. */
function stopAsked(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => resolve(signal));
  });
}

/** 0: fine. 1: failed. 2: usage or configuration. */
function report(error: unknown): 0 | 1 | 2 {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof BridgeError) {
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return isUsageError(error) ? 2 : 1;
  }
  const { error: name, at } = describeError(error);
  const place = Array.isArray(at) ? ` ${String(at[0])}` : '';
  process.stderr.write(
    `UNEXPECTED: ${String(name)}${place}. This is a fault of the bridge: please report it.\n`,
  );
  return 1;
}

// The reader of the output may close it (`inbox list | head`). That is no failure, and must not end `serve`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await createProgram(deps).parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}
