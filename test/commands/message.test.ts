import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { SinkMail } from '../../demo/smtp-sink.ts';
import { startSweegoApi } from '../../demo/sweego-api.ts';
import { sweegoEventBody } from '../../demo/sweego-event.ts';
import { sweegoLogRow } from '../../demo/sweego-logs.ts';
import { runMessage, type MessageOptions } from '../../src/commands/message.ts';
import { openBridge } from '../../src/commands/serve.ts';
import { parseServeConfig } from '../../src/config.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { openStandIn } from '../demo/open-stand-in.ts';
import { expectRefusal } from '../support/expect-refusal.ts';

const now = () => new Date();
const silent = { debug() {}, info() {}, warn() {}, error() {} };
/** By Sweego's clock; 14:03:07 in Paris. */
const at = new Date('2026-11-25T13:03:07Z');

/** An order mailed to Ann, who got it, and to Bob, of whom nothing is known. */
async function openOrder() {
  const directory = await mkdtemp(join(tmpdir(), 'message-'));
  const odoo = await openStandIn();
  const sweego = await startSweegoApi();
  onTestFinished(async () => {
    await sweego.close();
    await odoo.close();
    await rm(directory, { recursive: true });
  });
  const env = {
    ODOO_URL: odoo.standIn.url,
    ODOO_DATABASE: odoo.standIn.database,
    ODOO_API_KEY: odoo.standIn.bridgeApiKey,
    DATABASE_URL: `file:${join(directory, 'inbox.sqlite')}`,
    SWEEGO_API_URL: sweego.url,
    SWEEGO_API_KEY: sweego.apiKey,
    RECONCILE_CRON: '0 0 1 1 *',
    HOST: '127.0.0.1',
    PORT: '0',
  };
  const config = parseServeConfig({ env, readFile: () => '' });
  const partners = [
    await odoo.mails.createContact('Ann', 'ann@example.com'),
    await odoo.mails.createContact('Bob', 'bob@example.com'),
  ];
  const order = await odoo.mails.createOrder(partners[0] ?? 0);
  const message = await odoo.mails.postMessage(order.id, partners);
  const mailTo = (recipient: string): SinkMail =>
    odoo.sink.mails.find((mail) => mail.recipient === recipient) ?? expect.fail();
  let webhooks = 0;
  /** A webhook that arrives, and is brought to Odoo. */
  async function bring(options: Omit<Parameters<typeof sweegoEventBody>[0], 'transactionId' | 'at'>) {
    const inbox = await openInbox(config.databaseUrl);
    webhooks += 1;
    await inbox.put({
      direction: 'outbound',
      webhookId: `w-${webhooks}`,
      body: Buffer.from(sweegoEventBody({ ...options, transactionId: 't-1', at })),
      receivedAt: now(),
      secretId: 'environment:1',
    });
    const bridge = await openBridge(config, { now, log: silent });
    await expect.poll(async () => (await inbox.status()).states.settled).toBe(webhooks);
    await bridge.close();
    await inbox.close();
  }
  await bring({ type: 'delivered', mail: mailTo('ann@example.com'), uid: '01-ann' });
  const lines: string[] = [];
  const ask = async (about: string, options: Partial<MessageOptions> = {}) => {
    lines.length = 0;
    const all = { askSweego: false, json: false, timeZone: 'Europe/Paris', ...options };
    await runMessage(config, about, all, { now, out: (line) => void lines.push(line) });
    return lines.join('\n');
  };
  return { ask, order, message, sweego, mailTo, bring, odoo };
}

it('tells every recipient with his events in the zone asked for, by the document’s name', async () => {
  const { ask, order, message } = await openOrder();
  const printed = await ask(order.name);
  expect(printed).toContain(`Message ${message.messageId} of sale.order ${order.id}`);
  expect(printed).toMatch(
    /^ann@example\.com: delivered\n +2026-11-25 14:03:07 \+01:00 +delivered +.*01-ann/m,
  );
  expect(printed).toMatch(/^bob@example\.com: no word yet$/m);
  expect(printed).toMatch(/^In the inbox:\n +.* outbound +entry 1 +settled +0 failed attempts +applied/m);
  expect(printed).toContain('Times are those of Europe/Paris.');
});

it('by a Message-Id, with or without brackets, and as JSON', async () => {
  const { ask, message } = await openOrder();
  const told = JSON.parse(await ask(message.messageId.slice(1, -1), { json: true })) as unknown;
  expect(told).toMatchObject({
    messages: [
      {
        message_id: message.messageId,
        recipients: [
          { address: 'ann@example.com', verdict: 'delivered', sweego: null },
          { address: 'bob@example.com', verdict: 'no word yet', events: [] },
        ],
        entries: [{ state: 'settled' }],
      },
    ],
  });
});

it('asks Sweego anew when told to', async () => {
  const { ask, order, sweego, mailTo } = await openOrder();
  const bob = { mail: mailTo('bob@example.com'), uid: '01-bob', transactionId: 't-2', at: now() };
  const answer = '550 5.1.1 user unknown';
  sweego.logRows.push(
    sweegoLogRow({ ...bob, status: 'undelivered', bounceType: 'hard', smtpAnswer: answer }),
  );
  const printed = await ask(order.name, { askSweego: true });
  expect(printed).toContain("Sweego's log has nothing of it.");
  expect(printed).toMatch(/Sweego's log says:\n.*email_sent.*\n.*hard_bounce +address_unknown +550 5\.1\.1/);
});

it('agrees with Odoo when a mail that bounced was sent again', async () => {
  const { ask, order, mailTo, bring, odoo, message } = await openOrder();
  await bring({
    type: 'hard_bounce',
    mail: mailTo('bob@example.com'),
    uid: '01-bob',
    smtpAnswer: '550 5.1.1 user unknown',
  });
  expect(await ask(order.name)).toMatch(/^bob@example\.com: failed$/m);
  const ids = (await odoo.mails.mailsOf(message.id)).map(({ id }) => id);
  await odoo.admin.call({ model: 'mail.mail', method: 'mark_outgoing', ids });
  await odoo.admin.call({ model: 'mail.mail', method: 'send', ids });
  const printed = await ask(order.name);
  expect(printed).toMatch(/^bob@example\.com: sent again, no word yet$/m);
  expect(printed).toMatch(/^ann@example\.com: delivered$/m);
});

it('finds a document whose name holds an address', async () => {
  const { ask, order, message, odoo } = await openOrder();
  const name = 'Question of ann@example.com';
  await odoo.admin.call({
    model: 'sale.order',
    method: 'write',
    ids: [order.id],
    arguments: { vals: { name } },
  });
  expect(await ask(name)).toContain(`Message ${message.messageId} of sale.order ${order.id}`);
});

it('tells two hours of one name apart, in the night when the clocks go back', async () => {
  const { ask, order, sweego, mailTo } = await openOrder();
  const bob = { mail: mailTo('bob@example.com'), uid: '01-bob', transactionId: 't-2' };
  const row = sweegoLogRow({ ...bob, status: 'delivered', at: new Date('2027-10-31T01:30:00Z') });
  sweego.logRows.push({ ...row, email_creation: '2027-10-31 00:30:00' });
  const printed = await ask(order.name, { askSweego: true });
  expect(printed).toMatch(/2027-10-31 02:30:00 \+02:00 +email_sent/);
  expect(printed).toMatch(/2027-10-31 02:30:00 \+01:00 +delivered/);
});

it('says so when nobody knows the message', async () => {
  const { ask } = await openOrder();
  const refusal = {
    code: 'MESSAGE_UNKNOWN',
    retry: 'never',
    scope: 'bridge',
    says: /exact name of a document/,
  } as const;
  await expectRefusal(ask('S99999'), refusal);
  await expectRefusal(ask('<unknown@example.com>'), refusal);
});
