import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createOutboundLane } from '../../src/flows/delivery/outbound-lane.ts';
import { createSettingsKeeper } from '../../src/flows/settings/settings-keeper.ts';
import { createWorker } from '../../src/flows/worker/worker.ts';
import { createApp } from '../../src/http/app.ts';
import { createBodyBudget } from '../../src/http/body-budget.ts';
import { sendHttpRequest } from '../../src/http-client.ts';
import type { Inbox } from '../../src/inbox/inbox.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { createLog } from '../../src/log.ts';
import { createBridgeActions } from '../../src/odoo/bridge-actions.ts';
import { createOdoo } from '../../src/odoo/create-odoo.ts';
import type { MessageChange } from '../../src/odoo/message-change.ts';
import { describeBody } from '../../src/sweego/describe-body.ts';
import { noSnapshot } from '../support/inbox/no-snapshot.ts';
import { signWebhook } from '../support/mails/sign-webhook.ts';
import { outboundSecret } from './bench-odoo.ts';
import type { BenchOdoo } from './bench-odoo.ts';
import { bodyOf, eventOf } from './delivered-event.ts';
import type { PendingMail } from './reconcile/pending-mails.ts';
import { createStopwatch, timeCalls } from './stopwatch.ts';

/** How the worker spent its time, milliseconds. */
export type WorkerTimes = {
  wallMs: number;
  /** Calls of the two actions, from the bridge's side. */
  readMs: number;
  applyMs: number;
  /** The part of these two that was waiting for Odoo's answer. */
  odooMs: number;
  inboxMs: number;
  rounds: number;
};

/**
 * Confirms the mails as the bridge does: signed webhooks wait in the SQLite inbox, and the worker of `serve` applies
 * them until the last one is settled.
 *
 * @throws Error when the worker stops making progress for a minute
 */
export async function confirmByBridge(bench: BenchOdoo, mails: readonly PendingMail[]): Promise<WorkerTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'sweego-bench-'));
  const opened = await openInbox(`file:${join(folder, 'inbox.sqlite')}`);
  const times = {
    read: createStopwatch(),
    apply: createStopwatch(),
    odoo: createStopwatch(),
    inbox: createStopwatch(),
  };
  const send = timeCalls({ sendHttpRequest }, times.odoo).sendHttpRequest;
  const odoo = createOdoo(
    'json2',
    { url: bench.url, database: bench.database, secret: bench.bridgeApiKey, timeoutMs: 60_000 },
    send,
  );
  const actions = createBridgeActions(odoo);
  const now = () => new Date();
  const log = createLog({ level: 'info', format: 'json', write: () => undefined, now, secrets: [] });
  const settings = createSettingsKeeper({
    actions,
    snapshot: noSnapshot,
    environmentSecrets: { outbound: [], inbound: [] },
    now,
    log,
  });
  try {
    await settings.refresh();
    await postWebhooks(opened, settings, mails);
    let settled = 0;
    const timed = timeCalls(inboxCalls(opened), times.inbox);
    const inbox: Inbox = {
      ...opened,
      ...timed,
      settle: async (ids, outcome, at) => {
        await timed.settle(ids, outcome, at);
        settled += ids.length;
      },
    };
    const worker = createWorker({
      inbox,
      lanes: [
        createOutboundLane({
          actions: {
            ...timeCalls({ read: (ids: readonly string[]) => actions.read(ids) }, times.read),
            ...timeCalls(
              { apply: (changes: readonly MessageChange[]) => actions.apply(changes) },
              times.apply,
            ),
          },
          log,
        }),
      ],
      settings,
      describe: describeBody,
      retain: { bodiesDays: 7, entriesDays: 90 },
      holder: 'bench',
      now,
      random: Math.random,
      sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
      log,
    });
    times.odoo.reset();
    const start = performance.now();
    worker.start();
    for (let seen = 0, since = start; settled < mails.length; await delay(2)) {
      if (settled > seen) [seen, since] = [settled, performance.now()];
      if (performance.now() - since > 60_000) {
        throw new Error(`Only ${settled} of ${mails.length} are settled.`);
      }
    }
    const wallMs = performance.now() - start;
    await worker.stop();
    return {
      wallMs,
      readMs: times.read.totalMs(),
      applyMs: times.apply.totalMs(),
      odooMs: times.odoo.totalMs(),
      inboxMs: times.inbox.totalMs(),
      rounds: times.apply.calls(),
    };
  } finally {
    await odoo.close();
    await opened.close();
    await rm(folder, { recursive: true });
  }
}

function inboxCalls(inbox: Inbox): Pick<Inbox, 'claim' | 'settle' | 'wait' | 'park'> {
  return {
    claim: (options) => inbox.claim(options),
    settle: (ids, outcome, at) => inbox.settle(ids, outcome, at),
    wait: (ids, options) => inbox.wait(ids, options),
    park: (ids, reason, at) => inbox.park(ids, reason, at),
  };
}

async function postWebhooks(
  inbox: Inbox,
  settings: ReturnType<typeof createSettingsKeeper>,
  mails: readonly PendingMail[],
): Promise<void> {
  const app = createApp({
    inbox,
    bodyBudget: createBodyBudget({ smallBytes: 64_000_000, largeBytes: 192_000_000 }),
    secretsFor: (direction) => settings.secretsFor(direction),
    areSecretsCurrent: () => true,
    refreshSecrets: async () => undefined,
    toleranceSeconds: 600,
    readiness: () => Promise.reject(new Error('nobody asks')),
    now: () => new Date(),
    log: createLog({
      level: 'silent',
      format: 'json',
      write: () => undefined,
      now: () => new Date(),
      secrets: [],
    }),
  });
  const post = async (mail: PendingMail): Promise<void> => {
    const body = new Uint8Array(Buffer.from(bodyOf(eventOf(mail))));
    const webhookId = `webhook-${mail.recipient}`;
    const timestamp = String(Math.floor(Date.now() / 1000));
    const response = await app.request('/sweego/webhook/outbound', {
      method: 'POST',
      headers: {
        'webhook-id': webhookId,
        'webhook-timestamp': timestamp,
        'webhook-signature': await signWebhook({ secret: outboundSecret, webhookId, timestamp, body }),
        'content-length': String(body.byteLength),
      },
      body,
    });
    if (response.status !== 200) throw new Error(`The webhook was answered with ${response.status}.`);
  };
  for (let first = 0; first < mails.length; first += 100) {
    await Promise.all(mails.slice(first, first + 100).map(post));
  }
}
