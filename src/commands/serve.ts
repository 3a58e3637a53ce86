import { randomBytes, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServeConfig } from '../config.ts';
import { createWorker } from '../flows/drain.ts';
import { createSealer } from '../flows/sealing.ts';
import { createSettingsSnapshot } from '../flows/settings-snapshot.ts';
import { createSettingsKeeper } from '../flows/settings.ts';
import type { SettingsKeeper } from '../flows/settings.ts';
import { sendHttpRequest } from '../http-client.ts';
import { createApp } from '../http/app.ts';
import { createBodyBudget } from '../http/body-budget.ts';
import { openInbox } from '../inbox/open.ts';
import { describeError } from '../log.ts';
import type { Log } from '../log.ts';
import { createBridgeActions } from '../odoo/bridge-actions.ts';
import { createOdoo } from '../odoo/create-odoo.ts';
import { describeBody } from '../sweego/describe-body.ts';
import { openHttpServer } from './http-server.ts';
import { createReadiness } from './readiness.ts';

/** Time limit of a call to Odoo, milliseconds: its own retries after a conflict take up to 17 s. */
const odooTimeoutMs = 60_000;
const settingsEveryMs = 60_000;
/** What bodies under way may take: a thousand small ones, and four of the largest at once. */
const bodyMemory = { smallBytes: 64_000_000, largeBytes: 192_000_000 };

export type ServeDeps = {
  now: () => Date;
  log: Log;
  /** How long stopping waits for the batch and the requests under way, milliseconds; 30,000 when left out. */
  graceMs?: number;
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
  { now, log, graceMs = 30_000 }: ServeDeps,
): Promise<Bridge> {
  const { transport, url, database, login, secret } = config.odoo;
  const connection = { url, database, secret, timeoutMs: odooTimeoutMs };
  const inbox = await openInbox(config.databaseUrl);
  const odoo = createOdoo(
    transport,
    login === undefined ? connection : { ...connection, login },
    sendHttpRequest,
  );
  const actions = createBridgeActions(odoo);
  const holder = `${hostname()}:${process.pid}:${randomUUID()}`;
  const sealer = createSealer({ credential: secret, database, randomBytes });
  const settings = createSettingsKeeper({
    actions,
    snapshot: createSettingsSnapshot({ inbox, sealer, now, log }),
    environmentSecrets: { outbound: config.outboundSecrets, inbound: config.inboundSecrets },
    now,
    log,
  });
  const worker = createWorker({
    inbox,
    actions,
    settings,
    describe: describeBody,
    retain: { bodiesDays: config.retainBodiesDays, entriesDays: config.retainEntriesDays },
    holder,
    now,
    random: Math.random,
    sleep,
    log,
  });
  const app = createApp({
    inbox,
    bodyBudget: createBodyBudget(bodyMemory),
    secretsFor: (direction) => settings.secretsFor(direction),
    knowsOdooSecrets: () => settings.knowsOdooSecrets(),
    refreshSecrets: () => settings.refreshForUnknownSignature(),
    toleranceSeconds: config.signatureToleranceSeconds,
    readiness: createReadiness({ inbox, settings, worker, holder, now }),
    now,
    log,
  });
  await settings.recall();
  const server = await openHttpServer(app.fetch, config).catch(async (error: unknown) => {
    await inbox.close();
    throw error;
  });
  const stopping = new AbortController();
  const refreshing = refreshEveryMinute(settings, stopping.signal, log);
  worker.start();
  log.info({ url: server.url, transport, database }, 'bridge started');

  let closing: Promise<void> | undefined;
  const close = async () => {
    stopping.abort();
    const stopped = worker.stop().catch((error: unknown) => {
      log.error(describeError(error), 'worker did not stop cleanly');
    });
    await Promise.all([server.close(graceMs), atMost(graceMs, stopped)]);
    // Breaks off a call that still hangs: the worker then gives its batch back, and its lease.
    await odoo.close();
    await Promise.all([stopped, refreshing]);
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

/** Tells of a failure when it begins or changes, and of its end; not every minute in between. */
async function refreshEveryMinute(settings: SettingsKeeper, signal: AbortSignal, log: Log): Promise<void> {
  let failing: unknown;
  while (!signal.aborted) {
    try {
      await settings.refresh();
      if (failing !== undefined) log.info({}, 'settings read from Odoo again');
      failing = undefined;
    } catch (error) {
      const described = describeError(error);
      const kind = described['code'] ?? described['error'];
      if (kind !== failing && !signal.aborted) log.error(described, 'settings cannot be read from Odoo');
      failing = kind;
    }
    await sleep(settingsEveryMs, signal);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => undefined);
}
