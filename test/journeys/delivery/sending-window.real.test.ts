import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SinkMail } from '../../../demo/smtp-sink.ts';
import { eventually, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

/**
 * While Odoo talks to a slow SMTP server, an event about the mail is already there. A write to the mail in
 * that window makes Odoo's commit fail after the hand-over, and the queue sends the mail again.
 */
let bridged: BridgedOdoo;
const smtpDelayMs = 4_000;

beforeAll(async () => {
  bridged = await openBridgedOdoo();
});
afterEach(() => {
  bridged.sink.setDelay(0);
});
afterAll(async () => {
  await bridged.close();
});

/** Sends the event as soon as the SMTP server has the mail, which is long before Odoo's commit. */
async function bounceWhileSending(address: string, send: () => Promise<unknown>): Promise<SinkMail> {
  bridged.sink.setDelay(smtpDelayMs);
  const sending = send();
  const mail = await bridged.sweego.waitForMail((each) => each.recipient === address, 30_000);
  const webhook = { type: 'hard_bounce', mail, at: new Date(), smtpAnswer: '550 5.1.1 User unknown' };
  const answer = await bridged.sweego.sendEvent(webhook);
  expect(answer.status).toBe(200);
  expect(bridged.sink.inTransit()).toBeGreaterThan(0);
  await sending;
  return mail;
}

async function runQueue(): Promise<void> {
  bridged.sink.setDelay(0);
  await bridged.call('mail.mail', 'process_email_queue', []);
}

function receivedBy(address: string): number {
  return bridged.sink.mails.filter((mail) => mail.recipient === address).length;
}

async function bouncedNotification(messageIdHeader: string) {
  return eventually(
    () =>
      bridged.search(
        'mail.notification',
        [['mail_message_id.message_id', '=', messageIdHeader]],
        ['notification_status', 'failure_type'],
      ),
    ([row]) => row?.['notification_status'] === 'exception',
  );
}

async function expectSentOnceAndBounced(address: string, mail: SinkMail): Promise<void> {
  const messageId = mail.headers['message-id'] ?? '';
  expect(await bouncedNotification(messageId)).toMatchObject([{ failure_type: 'mail_email_invalid' }]);
  const mails = await bridged.search(
    'mail.mail',
    [['message_id', '=', messageId]],
    ['state', 'failure_type'],
  );
  expect(mails).toMatchObject([{ state: 'exception', failure_type: 'mail_email_invalid' }]);
  await runQueue();
  expect(receivedBy(address)).toBe(1);
}

describe('an event that arrives while Odoo is still sending', () => {
  it('never makes Odoo send a notification mail twice, and is applied afterwards', async () => {
    const [partner] = await bridged.createPartners(['hana@example.com']);
    const order = await bridged.createOrder(partner ?? 0);
    const mail = await bounceWhileSending('hana@example.com', () => bridged.post(order.id, [partner ?? 0]));
    await expectSentOnceAndBounced('hana@example.com', mail);
  });

  it('never makes Odoo send a direct mail twice, and is applied afterwards', async () => {
    const [partner] = await bridged.createPartners(['ivo@example.com']);
    const order = await bridged.createOrder(partner ?? 0);
    const [mailId] = (await bridged.call('mail.mail', 'create', [
      [
        {
          subject: 'Direct',
          body_html: '<p>Direct</p>',
          email_to: 'ivo@example.com',
          auto_delete: true,
          model: 'sale.order',
          res_id: order.id,
        },
      ],
    ])) as number[];
    const [made] = await bridged.search('mail.mail', [['id', '=', mailId]], ['is_notification']);
    expect(made?.['is_notification']).toBe(false);
    const mail = await bounceWhileSending('ivo@example.com', () =>
      bridged.call('mail.mail', 'send', [[mailId]]),
    );
    await expectSentOnceAndBounced('ivo@example.com', mail);
  });

  it('never makes Odoo send a template’s mail twice while its message is invisible, and is applied afterwards', async () => {
    const [partner] = await bridged.createPartners(['june@example.com']);
    const order = await bridged.createOrder(partner ?? 0);
    const [model] = await bridged.search('ir.model', [['model', '=', 'sale.order']], ['id']);
    const [template] = (await bridged.call('mail.template', 'create', [
      [
        {
          name: 'Reminder',
          model_id: model?.id,
          subject: 'Reminder',
          body_html: '<p>Reminder</p>',
          email_to: 'june@example.com',
          auto_delete: true,
        },
      ],
    ])) as number[];
    const mail = await bounceWhileSending('june@example.com', () =>
      bridged.call('mail.template', 'send_mail', [[template], order.id], { force_send: true }),
    );
    await expectSentOnceAndBounced('june@example.com', mail);
  });

  it('does not disturb a direct mail that Odoo deletes at once because deletion is not deferred', async () => {
    await bridged.call('ir.mail_server', 'write', [[bridged.serverId], { x_sweego_delete_on_sent: false }]);
    const [mailId] = (await bridged.call('mail.mail', 'create', [
      [{ subject: 'Direct', body_html: '<p>Direct</p>', email_to: 'kim@example.com', auto_delete: true }],
    ])) as number[];
    await bounceWhileSending('kim@example.com', () => bridged.call('mail.mail', 'send', [[mailId]]));
    expect(await bridged.search('mail.mail', [['id', '=', mailId]], ['state'])).toEqual([]);
    await runQueue();
    expect(receivedBy('kim@example.com')).toBe(1);
  });
});
