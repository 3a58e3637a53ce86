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
/** What bodies under way may take: a thousand small ones, and four of the largest at once. */
const bodyMemory = { smallBytes: 64_000_000, largeBytes: 192_000_000 };

export type ServeDeps = {
  now: () => Date;
  log: Log;
  /** How long stopping waits for the batch and the requests under way, milliseconds; 30,000 when left out. */
  graceMs?: number;
  /** What wakes the reconciler; the minutes of the clock when left out. */
  openTicks?: OpenTicks;
};

export type Bridge = {
  /** Where the webhooks arrive, without trailing slash. */
  url: string;
  /**
   * Accepts no webhook and claims no entry any more, finishes what is under way, and gives the lease back.
   * What takes longer than the grace is broken off and taken up again at the next start.
   */
  close(): Promise<void>;
};

/**
 * Joins the parts to a running bridge: inbox, HTTP server, worker and the settings from Odoo. Resolves once
 * webhooks are accepted; whether Odoo answers is no condition for that.
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
    // Ticks stay away for as long as the clock was set back.
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
    // Breaks off a call that still hangs: the worker then gives its batch back, and its lease.
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
 * Tells of a failure when it begins or changes, and of its end; not every minute in between. Counts by the process's
 * own time, which no change of clocks touches.
 *
 * @param onRefresh called each time that Odoo has told its settings; not waited for
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
