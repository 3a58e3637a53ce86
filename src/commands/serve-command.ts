import { openBridge } from '../bridge/bridge.ts';
import type { ServeConfig } from '../config.ts';
import { createLog } from '../log.ts';

export type ServeDeps = {
  now: () => Date;
  /** Writes log lines, each with its line feed. */
  writeLog: (line: string) => void;
  /** Resolves with the name of the signal that asks the process to stop. */
  stopAsked: () => Promise<string>;
};

/**
 * Runs the bridge until the process is asked to stop. The current batch is finished first.
 *
 * @throws BridgeError INBOX_*, CONFIG_*: the bridge could not be started
 */
export async function runServe(config: ServeConfig, { now, writeLog, stopAsked }: ServeDeps): Promise<void> {
  const { logLevel: level, logFormat: format, secrets } = config;
  const log = createLog({ level, format, write: writeLog, now, secrets });
  const signal = stopAsked();
  const bridge = await openBridge(config, { now, log });
  log.info({ signal: await signal }, 'stopping');
  await bridge.close();
}
