import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../free-port.ts';

const program = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** The built program's `serve`, running as a process of its own. */
export type BridgeProcess = {
  /** Base URL on 127.0.0.1, without trailing slash. */
  url: string;
  pid: number;
  /** Everything it has written to stdout and stderr so far. */
  logs(): string;
  /** Sends SIGTERM and waits for the end. Returns the exit code; null when a signal ended it. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL, as in a crash. Waits until the process is gone. */
  kill(): Promise<void>;
};

/** A `serve` that has been started and may not answer yet. */
export type LaunchedBridge = BridgeProcess & {
  pid: number;
  hasEnded(): boolean;
  /**
   * Resolves once /healthz answers.
   *
   * @throws Error with the program's output when it ends or takes longer
   */
  healthy(timeoutMs?: number): Promise<void>;
};

/**
 * Starts `node dist/main.js serve` and does not wait for anything. The process gets only this environment, a
 * free port, and a SQLite file of its own, which is deleted when the process ends. To start again on the same
 * inbox, pass DATABASE_URL.
 */
export async function launchBridge(environment: Readonly<Record<string, string>>): Promise<LaunchedBridge> {
  const port = environment['PORT'] ?? String(await findFreePort());
  const folder = await mkdtemp(join(tmpdir(), 'sweego-bridge-'));
  const child = spawn(process.execPath, [program, 'serve'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOST: '127.0.0.1',
      PORT: port,
      DATABASE_URL: `file:${join(folder, 'bridge.sqlite')}`,
      // No reconciliation during a test, and none at Sweego's real address, unless the test sets it.
      RECONCILE_CRON: '0 0 1 1 *',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  }

  const url = `http://127.0.0.1:${port}`;
  const logs = () => output.join('');
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (!hasEnded(child)) {
      child.kill(signal);
      await once(child, 'close');
    }
    await rm(folder, { recursive: true, force: true });
    return child.exitCode;
  };
  return {
    url,
    pid: child.pid ?? 0,
    logs,
    hasEnded: () => hasEnded(child),
    async healthy(timeoutMs = 30_000) {
      const deadline = Date.now() + timeoutMs;
      while (!(await isHealthy(url))) {
        if (hasEnded(child) || Date.now() > deadline) {
          const exitCode = await end('SIGKILL');
          throw new Error(`The bridge did not start (exit code ${exitCode}). It wrote:\n${logs()}`);
        }
        await sleep(50);
      }
    },
    stop: () => end('SIGTERM'),
    kill: async () => {
      await end('SIGKILL');
    },
  };
}

/**
 * `launchBridge`, and waits until it is healthy.
 *
 * @throws Error with the program's output when it ends or takes longer than `startTimeoutMs`
 */
export async function startBridge(
  environment: Readonly<Record<string, string>>,
  startTimeoutMs = 30_000,
): Promise<BridgeProcess> {
  const launched = await launchBridge(environment);
  await launched.healthy(startTimeoutMs);
  return launched;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function isHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1_000) }).then(
    (response) => response.ok,
    () => false,
  );
}
