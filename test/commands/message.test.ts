import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { SinkMail } from '../../demo/smtp-sink.ts';
import { sweegoEventBody } from '../../demo/sweego-event.ts';
import { sweegoLogRow } from '../../demo/sweego-logs.ts';
import { sweegoReplyBody } from '../../demo/sweego-reply.ts';
import { openBridge } from '../../src/bridge/bridge.ts';
import { runMessage } from '../../src/commands/message.ts';
import type { MessageOptions } from '../../src/commands/message.ts';
import { openInbox } from '../../src/inbox/open.ts';
import { expectRefusal } from '../support/expect-refusal.ts';
import { openOperatorOdoo } from '../support/odoo/operator-odoo.ts';

const now = () => new Date();
const silent = { debug() {}, info() {}, warn() {}, error() {} };
/** By Sweego's clock; 14:03:07 in Paris. */
const at = new Date('2026-11-25T13:03:07Z');

/** An order mailed to Ann, who received it, and to Bob, about whom no event has arrived. */
async function openOrder() {
  const { odoo, sweego, config } = await openOperatorOdoo();
  const partners = [
    await odoo.mails.createContact('Ann', 'ann@example.com'),
    await odoo.mails.createContact('Bob', 'bob@example.com'),
  ];
  const order = await odoo.mails.createOrder(partners[0] ?? 0);
  const message = await odoo.mails.postMessage(order.id, partners);
  const mailTo = (recipient: string): SinkMail =>
    odoo.sink.mails.find((mail) => mail.recipient === recipient) ?? expect.fail();
  /** Stores webhooks as `serve` does, and brings them to Odoo. */
  const bring = async (...requests: { kind: 'outbound' | 'inbound'; body: string; receivedAt?: Date }[]) => {
    const inbox = await openInbox(config.databaseUrl);
    for (const { kind, body, receivedAt = now() } of requests) {
      const bytes = Buffer.from(body);
      const common = { requestKey: randomUUID(), secretId: 'environment:1' };
      await inbox.put({ kind, body: bytes, receivedAt, ...common });
    }
    const bridge = await openBridge(config, { now, log: silent });
    const open = async () => {
      const { unclaimed, states } = await inbox.status();
      return unclaimed + states.received + states.claimed + states.waiting;
    };
    await expect.poll(open).toBe(0);
    await bridge.close();
    await inbox.close();
  };
  const event = (type: string, mail: SinkMail, uid: string, when: Date, smtpAnswer?: string) => ({
    kind: 'outbound' as const,
    body: sweegoEventBody({
      type,
      mail,
      uid,
      transactionId: 't-1',
      at: when,
      ...(smtpAnswer === undefined ? {} : { smtpAnswer }),
    }),
  });
  await bring(event('delivered', mailTo('ann@example.com'), '01-ann', at));
  const lines: string[] = [];
  const ask = async (about: string, options: Partial<MessageOptions> = {}) => {
    lines.length = 0;
    const all = { askSweego: false, json: false, timeZone: 'Europe/Paris', ...options };
    await runMessage(config, about, all, { now, out: (line) => void lines.push(line) });
    return lines.join('\n');
  };
  return { ask, bring, event, odoo, partners, order, message, sweego, mailTo };
}

it('prints every recipient with events in the given time zone, for the name of a document', async () => {
  const { ask, order, message } = await openOrder();
  const printed = await ask(order.name);
  expect(printed).toContain(`Message ${message.messageId} of sale.order ${order.id}`);
  expect(printed).toMatch(
    /^ann@example\.com: delivered\n +2026-11-25 14:03:07 \+01:00 +delivered +.*01-ann/m,
  );
  expect(printed).toMatch(/^bob@example\.com: no word yet from Sweego$/m);
  expect(printed).toMatch(/^Events of it in the inbox:\n +.* event +entry 1 +settled +applied$/m);
  expect(printed).toContain('Times are in Europe/Paris.');
});

it('accepts a Message-Id with or without brackets, and prints JSON', async () => {
  const { ask, message } = await openOrder();
  const printed = JSON.parse(await ask(message.messageId.slice(1, -1), { json: true })) as unknown;
  expect(printed).toMatchObject({
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

it('reads Sweego’s log on request', async () => {
  const { ask, order, sweego, mailTo } = await openOrder();
  const bob = { mail: mailTo('bob@example.com'), uid: '01-bob', transactionId: 't-2', at: now() };
  const answer = '550 5.1.1 user unknown';
  sweego.logRows.push(
    sweegoLogRow({ ...bob, status: 'undelivered', bounceType: 'hard', smtpAnswer: answer }),
  );
  const printed = await ask(order.name, { askSweego: true });
  expect(printed).toContain("Sweego's log has no row of it.");
  expect(printed).toMatch(/Sweego's log says:\n.*email_sent.*\n.*hard_bounce +address_unknown +550 5\.1\.1/);
});

it('fails when the message is unknown', async () => {
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

it('matches Odoo after a Retry: first the failure, then the queue, then no word about the new attempt', async () => {
  const { ask, bring, event, odoo, message, mailTo } = await openOrder();
  const bounce = event('hard_bounce', mailTo('bob@example.com'), '01-bob', at, '550 5.1.1 user unknown');
  await bring(bounce);
  const verdicts = async () => (await ask(message.messageId)).match(/^\w+@example\.com: .*$/gm);
  const ann = 'ann@example.com: delivered';
  expect(await verdicts()).toEqual([ann, 'bob@example.com: failed']);
  const [mail] = await odoo.mails.mailsOf(message.id);
  const ids = [mail?.id ?? 0];
  await odoo.admin.call({ model: 'mail.mail', method: 'mark_outgoing', ids });
  expect(await verdicts()).toEqual([ann, 'bob@example.com: waits to be sent again']);
  await odoo.admin.call({ model: 'mail.mail', method: 'send', ids });
  expect(await verdicts()).toEqual([ann, 'bob@example.com: no word yet from Sweego']);
});

it('shows when a mail failed or was cancelled in Odoo', async () => {
  const { ask, odoo, order, partners } = await openOrder();
  const [server] = (await odoo.admin.call({
    model: 'ir.mail_server',
    method: 'search',
    arguments: { domain: [] },
  })) as [number];
  const write = (model: string, id: number, vals: object) =>
    odoo.admin.call({ model, method: 'write', ids: [id], arguments: { vals } });
  // Nothing listens on this port.
  await write('ir.mail_server', server, { smtp_port: 1 });
  const nobody = await odoo.mails.createContact('Cleo', '');
  const message = await odoo.mails.postMessage(order.id, partners.slice(0, 1));
  const toNobody = await odoo.mails.postMessage(order.id, [nobody]);
  expect(await ask(message.messageId)).toMatch(/^ann@example\.com: not sent: failed in Odoo, open the mail/m);
  expect(await ask(toNobody.messageId)).toMatch(/^a recipient without address: not sent: failed in Odoo/m);
  const [mail] = await odoo.mails.mailsOf(message.id);
  await write('mail.mail', mail?.id ?? 0, { state: 'cancel' });
  expect(await ask(message.messageId)).toMatch(/^ann@example\.com: not sent: cancelled in Odoo$/m);
});

it('judges no recipient by the failure of another recipient of the same mail', async () => {
  const { ask, bring, event, odoo, order, partners } = await openOrder();
  const message = await odoo.mails.postMessage(order.id, partners);
  const mail = odoo.sink.mails.findLast(({ recipient }) => recipient === 'bob@example.com') ?? expect.fail();
  await bring(event('hard_bounce', mail, '01-bob', at, '550 5.1.1 user unknown'));
  const verdicts = async () => (await ask(message.messageId)).match(/^\w+@example\.com: .*$/gm);
  const ann = 'ann@example.com: no word yet from Sweego';
  expect(await verdicts()).toEqual([ann, 'bob@example.com: failed']);
  const [sent] = await odoo.mails.mailsOf(message.id);
  const ids = [sent?.id ?? 0];
  await odoo.admin.call({ model: 'mail.mail', method: 'mark_outgoing', ids });
  expect(await verdicts()).toEqual([ann, 'bob@example.com: waits to be sent again']);
  await odoo.admin.call({
    model: 'mail.mail',
    method: 'write',
    ids,
    arguments: { vals: { state: 'cancel' } },
  });
  expect(await verdicts()).toEqual([ann, 'bob@example.com: failed']);
});

it('finds a document whose name looks like a Message-Id', async () => {
  const { ask, odoo, order, message } = await openOrder();
  const vals = { name: 'Question of ann@example.com' };
  await odoo.admin.call({ model: 'sale.order', method: 'write', ids: [order.id], arguments: { vals } });
  expect(await ask(vals.name)).toContain(`Message ${message.messageId} of sale.order ${order.id}`);
});

it('prints events in order of time, and distinguishes the repeated hour of the autumn night', async () => {
  const { ask, bring, event, message, mailTo } = await openOrder();
  const mail = mailTo('bob@example.com');
  const [early, late] = [new Date('2027-10-31T00:30:00Z'), new Date('2027-10-31T01:30:00Z')];
  await bring(event('email_opened', mail, '01-bob', late));
  await bring(event('delivered', mail, '01-bob', early));
  await bring(event('email_sent', mail, '01-bob', early));
  expect(await ask(message.messageId)).toMatch(
    new RegExp(
      [
        '^bob@example\\.com: delivered',
        ' +2027-10-31 02:30:00 \\+02:00 +email_sent .*',
        ' +2027-10-31 02:30:00 \\+02:00 +delivered .*',
        ' +2027-10-31 02:30:00 \\+01:00 +email_opened .*$',
      ].join('\n'),
      'm',
    ),
  );
  expect(await ask(message.messageId, { timeZone: 'UTC' })).toContain('2027-10-31 01:30:00 +00:00');
});

it('lists replies with their results, the first one on top', async () => {
  const { ask, bring, message } = await openOrder();
  const reply = (subject: string, receivedAt: Date) => ({
    kind: 'inbound' as const,
    receivedAt,
    body: sweegoReplyBody(
      {
        from: { email: 'ann@example.com' },
        to: ['reply@example.com'],
        subject,
        text: 'Thank you.',
        headers: { 'in-reply-to': message.messageId },
      },
      receivedAt,
    ),
  });
  await bring(
    reply('Later', new Date('2026-11-25T15:00:00Z')),
    reply('First', new Date('2026-11-25T14:00:00Z')),
  );
  expect(await ask(message.messageId)).toMatch(
    /^Replies:\n +2026-11-25 15:00:00 \+01:00 +reply +entry 3 +settled +injected: .*\n +2026-11-25 16:00:00 .* entry 2 +settled/m,
  );
});
