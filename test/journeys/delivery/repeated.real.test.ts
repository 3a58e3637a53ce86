import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBridge } from '../../../src/bridge/bridge.ts';
import { parseServeConfig } from '../../../src/config.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { createLog } from '../../../src/log.ts';
import { openCrashStage } from '../../support/bridge/crash-stage.ts';
import type { CrashStage } from '../../support/bridge/crash-stage.ts';
import { finishInbox } from '../../support/inbox/inbox-listing.ts';
import { inboxEngines } from '../../support/inbox/inbox-places.ts';
import { eventBody } from '../../support/mails/event-cases.ts';
import type { Webhook } from '../../support/mails/mixed-events.ts';
import { sendWebhooks } from '../../support/mails/webhook-sender.ts';
import { outboundSecret } from '../../support/odoo/bridged-odoo.ts';
import { readComparableOutcomes } from '../../support/odoo/comparable-outcomes.ts';
import { createMessageMaker } from '../../support/odoo/marked-messages.ts';
import type { MarkedMessage } from '../../support/odoo/message-outcomes.ts';

let stage: CrashStage;
beforeAll(async () => {
  stage = await openCrashStage();
});
afterAll(() => stage.close());

const bounce = { recipient: 0, submission: 0, type: 'hard_bounce', answer: '550 5.1.1 User unknown', at: 0 };

function bounceOf(message: MarkedMessage, webhookId: string): Webhook {
  const body = eventBody(bounce, { event: 0, as: 'first' }, message, '');
  return { id: webhookId, body, eventNames: ['bounce'] };
}

/** Starts a bridge in this process whose clock is ahead, sends these webhooks all at once, and stops it. */
async function sendToBridge(databaseUrl: string, aheadHours: number, webhooks: readonly Webhook[], at: Date) {
  const now = () => new Date(Date.now() + aheadHours * 3_600_000);
  const env = {
    ODOO_URL: stage.odoo.url,
    ODOO_DATABASE: stage.odoo.database,
    ODOO_API_KEY: stage.odoo.bridgeApiKey,
    DATABASE_URL: databaseUrl,
    HOST: '127.0.0.1',
    PORT: '0',
  };
  const config = parseServeConfig({ env, readFile: () => '' });
  const log = createLog({ level: 'error', format: 'json', write: () => undefined, now, secrets: [] });
  const bridge = await openBridge(config, { now, log });
  const inbox = await openInbox(databaseUrl);
  try {
    await expect
      .poll(async () => (await fetch(`${bridge.url}/readyz`)).status, { timeout: 20_000 })
      .toBe(200);
    const urls = [bridge.url];
    const sent = await sendWebhooks(webhooks, { urls, secret: outboundSecret, concurrency: 50, at });
    await finishInbox(inbox, 30_000);
    const entries = await inbox.list({ limit: 1_000 });
    return {
      statuses: sent.map(({ statuses }) => statuses.join()),
      reasons: entries.map(({ reason }) => reason),
    };
  } finally {
    await inbox.close();
    await bridge.close();
  }
}

for (const { engine, openPlace } of inboxEngines) {
  it(`an event sent 50 times in parallel, and again 30 hours later, counts once (inbox on ${engine})`, async () => {
    const domain = `repeated-${engine.toLowerCase()}.example.com`;
    const make = await createMessageMaker(stage.admin, domain);
    const messages = await make([{ kind: 'one mail', recipients: 2, isDeletionRequested: false }]);
    const [message] = messages as [MarkedMessage];
    const place = await openPlace();
    const at = new Date();
    const allTaken = Array.from({ length: 50 }, () => '200');

    const same = Array.from({ length: 50 }, () => bounceOf(message, `${message.mark}request`));
    const first = await sendToBridge(place.databaseUrl, 0, same, at);
    expect(first.statuses).toEqual(allTaken);
    const [original, ...others] = [...first.reasons].reverse();
    expect(original).toBe('applied');
    expect(others).toEqual(Array.from({ length: 49 }, () => 'duplicate of 1'));
    const outcomes = await readComparableOutcomes(stage.admin, messages, domain);
    expect(outcomes.messages[0]?.history).toHaveLength(1);
    expect(outcomes.bounces).toEqual([1, 0, 0, 0]);

    const renamed = same.map((webhook, index) =>
      index % 2 === 0 ? webhook : bounceOf(message, `${message.mark}request-${index}`),
    );
    const second = await sendToBridge(place.databaseUrl, 30, renamed, at);
    expect(second.statuses).toEqual(allTaken);
    expect(second.reasons.filter((reason) => reason === 'duplicate of 1')).toHaveLength(99);
    expect(await readComparableOutcomes(stage.admin, messages, domain)).toEqual(outcomes);
    await place.remove();
  });
}
