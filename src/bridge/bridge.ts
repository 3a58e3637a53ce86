import type { ServeConfig } from '../config.ts';
import type { SettingsKeeper } from '../flows/settings/settings-keeper.ts';
import { createApp } from '../http/app.ts';
import { createBodyBudget } from '../http/body-budget.ts';
import { openInbox } from '../inbox/open.ts';
import { describeError } from '../log.ts';
import type { Log } from '../log.ts';
import { createBridgeReconciler } from './bridge-reconciler.ts';
import { createBridgeWorker, sleep } from './bridge-worker.ts';
import { openHttpServer } from './http-server.ts';
import { openMinuteTicks } from './minute-ticks.ts';
import type { OpenTicks } from './minute-ticks.ts';
import { createReadiness } from './readiness.ts';

const settingsEveryMs = 60_000;
/** Memory for bodies of current requests: a thousand small ones, and four of the largest ones. */
const bodyMemory = { smallBytes: 64_000_000, largeBytes: 192_000_000 };

export type ServeDeps = {
  now: () => Date;
  log: Log;
  /** How long stopping waits for the current batch and requests, milliseconds; 30,000 when left out. */
  graceMs?: number;
  /** Wakes the reconciler; the start of each minute when left out. */
  openTicks?: OpenTicks;
};

export type Bridge = {
  /** The URL that receives webhooks, without trailing slash. */
  url: string;
  /**
   * Stops accepting webhooks and claiming entries, finishes the current work, and releases the lease. Work that takes
   * longer than the grace is cancelled, and resumed at the next start.
   */
  close(): Promise<void>;
};

/**
 * Starts a bridge from its parts: inbox, HTTP server, worker, reconciler and the settings from Odoo. Resolves when
 * webhooks are accepted, even if Odoo does not answer.
 *
 * @throws BridgeError INBOX_* (the inbox cannot be opened), HTTP_LISTEN_FAILED
 */
export async function openBridge(
  config: ServeConfig,
  { now, log, graceMs = 30_000, openTicks = openMinuteTicks }: ServeDeps,
): Promise<Bridge> {
  const { transport, database } = config.odoo;
  const inbox = await openInbox(config.databaseUrl);
  const parts = createBridgeWorker(config, inbox, { now, log });
  const { odoo, settings, worker } = parts;
  const reconciler = createBridgeReconciler(config, inbox, parts, { now, log });
  const app = createApp({
    inbox,
    bodyBudget: createBodyBudget(bodyMemory),
    secretsFor: (direction) => settings.secretsFor(direction),
    areSecretsCurrent: () => settings.areSecretsCurrent(),
    refreshSecrets: () => settings.refreshForUnknownSignature(),
    toleranceSeconds: config.signatureToleranceSeconds,
    readiness: createReadiness({ inbox, settings, worker, now }),
    now,
    log,
  });
  await settings.recall();
  const server = await openHttpServer(app.fetch, config).catch(async (error: unknown) => {
    await inbox.close();
    throw error;
  });
  const stopping = new AbortController();
  const refreshing = refreshEveryMinute(settings, stopping.signal, {
    log,
    // After the clock is set back, node-cron is silent for that long; this wakes the reconciler meanwhile.
    onRefresh: () => reconciler.wake(),
  });
  const ticks = openTicks(() => void reconciler.wake());
  worker.start();
  log.info({ url: server.url, transport, database }, 'bridge started');

  let closing: Promise<void> | undefined;
  const close = async () => {
    stopping.abort();
    ticks.close();
    const reconciled = reconciler.stop();
    const stopped = worker.stop().catch((error: unknown) => {
      log.error(describeError(error), 'worker did not stop cleanly');
    });
    await Promise.all([server.close(graceMs), atMost(graceMs, stopped)]);
    // Cancels a hanging call: the worker then releases its batch and its lease.
    await odoo.close();
    await Promise.all([stopped, refreshing, reconciled]);
    await inbox.close();
    log.info({}, 'bridge stopped');
  };
  return { url: server.url, close: () => (closing ??= close()) };
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, sleep(ms, done.signal)]);
  done.abort();
}

/**
 * Refreshes the settings each minute. Logs a failure when it begins, changes or ends. The pause is
 * independent of the computer's clock.
 *
 * @param onRefresh called after each successful refresh; not waited for
 */
async function refreshEveryMinute(
  settings: SettingsKeeper,
  signal: AbortSignal,
  { log, onRefresh }: { log: Log; onRefresh: () => Promise<void> },
): Promise<void> {
  let failing: unknown;
  while (!signal.aborted) {
    try {
      await settings.refresh();
      if (failing !== undefined) log.info({}, 'settings read from Odoo again');
      failing = undefined;
      void onRefresh();
    } catch (error) {
      const described = describeError(error);
      const kind = described['code'] ?? described['error'];
      if (kind !== failing && !signal.aborted) log.error(described, 'settings cannot be read from Odoo');
      failing = kind;
    }
    await sleep(settingsEveryMs, signal);
  }
}
