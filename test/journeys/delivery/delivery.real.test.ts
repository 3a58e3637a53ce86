import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findReplyTokens } from '../../../src/rules/replies/reply-token.ts';
import { aliasDomain, eventually, openBridgedOdoo, outboundSecret } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

let bridged: BridgedOdoo;

beforeAll(async () => {
  bridged = await openBridgedOdoo();
});
afterAll(async () => {
  await bridged.close();
});

async function mailOrder(addresses: readonly string[]) {
  const partners = await bridged.createPartners(addresses);
  const order = await bridged.createOrder(partners[0] ?? 0);
  const messageId = await bridged.post(order.id, partners);
  const mails = await Promise.all(
    addresses.map((address) => bridged.sweego.waitForMail((mail) => mail.recipient === address)),
  );
  return { order, messageId, mails };
}

const mailsOf = (messageId: number) =>
  bridged.search(
    'mail.mail',
    [['mail_message_id', '=', messageId]],
    ['state', 'failure_type', 'failure_reason', 'x_sweego_confirmed', 'auto_delete', 'x_sweego_auto_delete'],
  );

const notificationsOf = (messageId: number) =>
  bridged.search(
    'mail.notification',
    [['mail_message_id', '=', messageId]],
    [
      'res_partner_id',
      'notification_status',
      'failure_type',
      'failure_reason',
      'x_sweego_status',
      'x_sweego_transaction_id',
      'x_sweego_uid',
    ],
  );

describe('the mail of a sale order', () => {
  it('carries its Message-Id and a signed Reply-To that names the order', async () => {
    const { order, mails } = await mailOrder(['ada@example.com']);
    const headers = mails[0]?.headers ?? {};
    expect(headers['x-message-id']?.trim()).toBe(headers['message-id']?.trim());
    const [, name, localPart, domain] = /^"([^"]*)" <([^@]+)@([^>]+)>$/.exec(headers['reply-to'] ?? '') ?? [];
    expect(name).toBe(order.name);
    expect(domain).toBe(aliasDomain);
    expect(findReplyTokens([localPart ?? ''], [Buffer.from(outboundSecret)]).targets[0]).toEqual({
      id: order.id,
      model: 'sale.order',
      modelId: null,
    });
  });

  it('is deleted only when Sweego reports the delivery, and its transaction id is stored', async () => {
    const { messageId, mails } = await mailOrder(['bea@example.com']);
    const [mail] = mails;
    if (mail === undefined) throw new Error('no mail');
    expect(await mailsOf(messageId)).toMatchObject([
      { state: 'sent', auto_delete: false, x_sweego_auto_delete: true },
    ]);
    const answer = await bridged.sweego.sendEvent({ type: 'delivered', mail, at: new Date() });
    expect(answer.status).toBe(200);
    await eventually(
      () => mailsOf(messageId),
      (found) => found.length === 0,
    );
    const { transactionId } = bridged.sweego.submissionOf(mail);
    expect(await notificationsOf(messageId)).toMatchObject([
      { notification_status: 'sent', x_sweego_status: 'delivered', x_sweego_transaction_id: transactionId },
    ]);
    expect(
      await bridged.search('mail.message', [['id', '=', messageId]], ['x_sweego_message_id']),
    ).toMatchObject([{ x_sweego_message_id: transactionId }]);
    expect(bridged.bridge.logs()).toMatch(/mail\.mail \d+ confirmed by Sweego → deleting/);
  });

  it('turns the envelope red when the address does not exist', async () => {
    const { messageId, mails } = await mailOrder(['cleo@example.com']);
    const [mail] = mails;
    if (mail === undefined) throw new Error('no mail');
    await bridged.sweego.sendEvent({
      type: 'hard_bounce',
      mail,
      at: new Date(),
      smtpAnswer: '550 5.1.1 User unknown',
    });
    const notifications = await eventually(
      () => notificationsOf(messageId),
      ([row]) => row?.['notification_status'] === 'exception',
    );
    expect(notifications).toMatchObject([
      {
        notification_status: 'exception',
        failure_type: 'mail_email_invalid',
        x_sweego_status: 'hard_bounce',
      },
    ]);
    expect(String(notifications[0]?.['failure_reason'])).toContain('550 5.1.1 User unknown');
    expect(await mailsOf(messageId)).toMatchObject([
      { state: 'exception', failure_type: 'mail_email_invalid' },
    ]);
    expect(bridged.bridge.logs()).toMatch(/mail\.mail \d+ marked undelivered by Sweego/);
  });

  it('shows a temporary refusal as temporary, and clears it when the mail is delivered later', async () => {
    const { messageId, mails } = await mailOrder(['dora@example.com']);
    const [mail] = mails;
    if (mail === undefined) throw new Error('no mail');
    await bridged.sweego.sendEvent({
      type: 'soft-bounce',
      mail,
      at: new Date(),
      smtpAnswer: '452 4.2.2 Mailbox full',
    });
    await eventually(
      () => notificationsOf(messageId),
      ([row]) => row?.['notification_status'] === 'exception' && row['failure_type'] === 'mail_smtp',
    );
    await bridged.sweego.sendEvent({ type: 'delivered', mail, at: new Date() });
    await eventually(
      () => notificationsOf(messageId),
      ([row]) => row?.['notification_status'] === 'sent' && row['failure_type'] === false,
    );
    await eventually(
      () => mailsOf(messageId),
      (found) => found.length === 0,
    );
  });

  it('to two customers shows the bounce of one for them alone, and is not deleted', async () => {
    const { messageId, mails } = await mailOrder(['eva@example.com', 'finn@example.com']);
    const before = await mailsOf(messageId);
    const [bounced, other] = mails;
    if (bounced === undefined || other === undefined) throw new Error('no mails');
    await bridged.sweego.sendEvent({
      type: 'hard_bounce',
      mail: bounced,
      at: new Date(),
      smtpAnswer: '550 5.1.1 User unknown',
    });
    await eventually(
      () => notificationsOf(messageId),
      (rows) => rows.some((row) => row['notification_status'] === 'exception'),
    );
    await bridged.sweego.sendEvent({ type: 'delivered', mail: other, at: new Date() });
    const rows = await eventually(
      () => notificationsOf(messageId),
      (found) => found.every((row) => row['x_sweego_uid'] !== false),
    );
    expect(rows.map((row) => row['notification_status']).sort()).toEqual(['exception', 'sent']);
    const after = await mailsOf(messageId);
    const withBounced = after.filter((mail) => mail['state'] === 'exception');
    expect(withBounced).toHaveLength(1);
    // Odoo makes one mail for both when they are of the same kind; then it must stay whole.
    if (before.length === 1) expect(after).toHaveLength(1);
  });

  it('has one effect when the same webhook comes fifty times at once', async () => {
    const { messageId, mails } = await mailOrder(['gus@example.com']);
    const [mail] = mails;
    if (mail === undefined) throw new Error('no mail');
    const webhook = bridged.sweego.createEvent({
      type: 'hard_bounce',
      mail,
      at: new Date(),
      smtpAnswer: '550 5.1.1 User unknown',
    });
    const answers = await Promise.all(Array.from({ length: 50 }, () => bridged.sweego.send(webhook)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await eventually(
      () => notificationsOf(messageId),
      ([row]) => row?.['notification_status'] === 'exception',
    );
    expect(bridged.bridge.logs().match(/marked undelivered by Sweego/g)?.length).toBeGreaterThan(0);
    expect(await notificationsOf(messageId)).toHaveLength(1);
  });
});
