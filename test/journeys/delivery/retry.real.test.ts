import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SinkMail } from '../../../demo/smtp-sink.ts';
import { eventually, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

let bridged: BridgedOdoo;

beforeAll(async () => {
  bridged = await openBridgedOdoo();
});
afterAll(async () => {
  await bridged.close();
});

type Message = { id: number; mails: ReadonlyMap<string, SinkMail> };

/** A message about somebody else's order to these customers, so that Odoo makes one mail for all of them. */
async function mailOrder(addresses: readonly string[]): Promise<Message> {
  const [owner, ...partners] = await bridged.createPartners(['owner@example.com', ...addresses]);
  const order = await bridged.createOrder(owner ?? 0);
  const id = await bridged.post(order.id, partners);
  const mails = await Promise.all(addresses.map((address) => firstMail(address)));
  return { id, mails: new Map(addresses.map((address, index) => [address, mails[index] as SinkMail])) };
}

const firstMail = (address: string) => bridged.sweego.waitForMail((mail) => mail.recipient === address);
const countTo = (address: string) => bridged.sink.mails.filter((mail) => mail.recipient === address).length;
const mailOf = async (message: Message) =>
  (
    await bridged.search(
      'mail.mail',
      [['mail_message_id', '=', message.id]],
      ['state', 'failure_type', 'failure_reason', 'recipient_ids', 'x_sweego_pending_delete'],
    )
  )[0];

async function notificationOf(message: Message, address: string) {
  const rows = await bridged.search(
    'mail.notification',
    [
      ['mail_message_id', '=', message.id],
      ['res_partner_id.email_normalized', '=', address],
    ],
    ['notification_status', 'failure_type', 'x_sweego_status', 'x_sweego_uid'],
  );
  return rows[0];
}

async function report(message: Message, address: string, type: string, smtpAnswer?: string) {
  const mail = message.mails.get(address);
  if (mail === undefined) throw new Error('no such mail');
  const { status } = await bridged.sweego.sendEvent({
    type,
    mail,
    at: new Date(),
    ...(smtpAnswer === undefined ? {} : { smtpAnswer }),
  });
  expect(status).toBe(200);
}

const historyOf = async (message: Message) =>
  (await bridged.search('x_sweego_event', [['x_mail_message_id', '=', message.id]], ['x_type'])).map(
    (row) => row['x_type'],
  );
const shows = (message: Message, address: string, status: string) =>
  eventually(
    () => notificationOf(message, address),
    (row) => row?.['notification_status'] === status,
  );
const knows = (message: Message, address: string, status: string) =>
  eventually(
    () => notificationOf(message, address),
    (row) => row?.['x_sweego_status'] === status,
  );

describe('Retry after a partial bounce', () => {
  it('reaches only the recipient who failed, not those who are delivered or still pending', async () => {
    const message = await mailOrder(['ada@example.com', 'ben@example.com', 'cyd@example.com']);
    await report(message, 'ada@example.com', 'delivered');
    await knows(message, 'ada@example.com', 'delivered');
    await report(message, 'ben@example.com', 'hard_bounce', '550 5.1.1 User unknown');
    await shows(message, 'ben@example.com', 'exception');
    const bounced = await mailOf(message);
    expect(bounced).toMatchObject({ state: 'exception', failure_type: 'mail_email_invalid' });
    expect(String(bounced?.['failure_reason'])).toContain('ben@example.com');
    expect(bounced?.['recipient_ids']).toHaveLength(1);

    await bridged.call('mail.mail', 'mark_outgoing', [[bounced?.id]]);
    await bridged.call('mail.mail', 'send', [[bounced?.id]]);
    expect(['ada@example.com', 'ben@example.com', 'cyd@example.com'].map(countTo)).toEqual([1, 2, 1]);
    expect(await mailOf(message)).toMatchObject({ state: 'sent', x_sweego_pending_delete: true });

    // A late event of the first try is recorded and turns nothing red again.
    await report(message, 'ben@example.com', 'soft-bounce', '451 4.2.0 Later');
    await eventually(
      () => historyOf(message),
      (types) => types.includes('soft_bounce'),
    );
    expect(await notificationOf(message, 'ben@example.com')).toMatchObject({ notification_status: 'sent' });

    const retry = bridged.sink.mails
      .filter((mail) => mail.recipient === 'ben@example.com')
      .at(-1) as SinkMail;
    const again = { mail: retry, at: new Date(), isNewSubmission: true };
    await bridged.sweego.sendEvent({ ...again, type: 'delivered' });
    await knows(message, 'ben@example.com', 'delivered');
    expect((await mailOf(message))?.['recipient_ids']).toHaveLength(3);
    await report(message, 'cyd@example.com', 'delivered');
    await eventually(
      () => mailOf(message),
      (mail) => mail === undefined,
    );
  });
});

describe('late and contradictory events', () => {
  it('a hard bounce after the delivery turns the envelope red, though the mail is gone', async () => {
    const message = await mailOrder(['dan@example.com']);
    await report(message, 'dan@example.com', 'delivered');
    await eventually(
      () => mailOf(message),
      (mail) => mail === undefined,
    );
    await report(message, 'dan@example.com', 'hard_bounce', '550 5.1.1 User unknown');
    expect(await shows(message, 'dan@example.com', 'exception')).toMatchObject({
      failure_type: 'mail_email_invalid',
    });
  });

  it('a complaint stays after a late delivery, and does not turn the envelope red', async () => {
    const message = await mailOrder(['eli@example.com']);
    await report(message, 'eli@example.com', 'complaint');
    await knows(message, 'eli@example.com', 'complaint');
    await report(message, 'eli@example.com', 'delivered');
    await eventually(
      () => historyOf(message),
      (types) => types.length === 2,
    );
    expect(await notificationOf(message, 'eli@example.com')).toMatchObject({
      notification_status: 'sent',
      x_sweego_status: 'complaint',
    });
    expect(bridged.bridge.logs()).toContain('recipient complained of spam');
  });

  it('a failure that a user dismissed stays dismissed', async () => {
    const message = await mailOrder(['fay@example.com']);
    await report(message, 'fay@example.com', 'soft-bounce', '451 4.2.0 Later');
    await shows(message, 'fay@example.com', 'exception');
    // The button "cancel" in the systray does the same.
    await bridged.odoo.administrator.runPython(
      `env['mail.notification'].sudo().search([('mail_message_id', '=', ${message.id})]).write({'notification_status': 'canceled'})`,
    );
    await report(message, 'fay@example.com', 'hard_bounce', '550 5.1.1 User unknown');
    await knows(message, 'fay@example.com', 'hard_bounce');
    expect(await notificationOf(message, 'fay@example.com')).toMatchObject({
      notification_status: 'canceled',
    });
  });

  it('a bounce turns the envelope red although Odoo itself has deleted the mail', async () => {
    await bridged.call('ir.mail_server', 'write', [[bridged.serverId], { x_sweego_delete_on_sent: false }]);
    const message = await mailOrder(['gil@example.com']);
    await bridged.call('ir.mail_server', 'write', [[bridged.serverId], { x_sweego_delete_on_sent: true }]);
    expect(await mailOf(message)).toBeUndefined();
    await report(message, 'gil@example.com', 'hard_bounce', '550 5.1.1 User unknown');
    await shows(message, 'gil@example.com', 'exception');
  });

  it('an event of a message that was deleted with its document is recorded', async () => {
    const message = await mailOrder(['hal@example.com']);
    await report(message, 'hal@example.com', 'email_sent');
    await knows(message, 'hal@example.com', 'email_sent');
    const messageId = message.mails.get('hal@example.com')?.headers['message-id'] ?? '';
    await bridged.odoo.administrator.runPython(`env['mail.message'].sudo().browse(${message.id}).unlink()`);
    await report(message, 'hal@example.com', 'delivered');
    const rows = await eventually(
      () =>
        bridged.search('x_sweego_event', [['x_message_id', '=', messageId]], ['x_type', 'x_mail_message_id']),
      (found) => found.length === 2,
    );
    expect(rows).toMatchObject([
      { x_type: 'email_sent', x_mail_message_id: false },
      { x_type: 'delivered', x_mail_message_id: false },
    ]);
  });
});

describe('a direct mail', () => {
  it('shows its bounce on its document, in a notification made for it', async () => {
    const [owner] = await bridged.createPartners(['owner@example.com']);
    const order = await bridged.createOrder(owner ?? 0);
    const [mailId] = (await bridged.call('mail.mail', 'create', [
      [
        {
          subject: 'Direct',
          body_html: '<p>Direct</p>',
          email_to: '"Doe, Ivy" <ivy@example.com>, jo@example.com',
          auto_delete: true,
          model: 'sale.order',
          res_id: order.id,
        },
      ],
    ])) as number[];
    await bridged.call('mail.mail', 'send', [[mailId]]);
    const mail = await firstMail('ivy@example.com');
    await bridged.sweego.sendEvent({
      type: 'hard_bounce',
      mail,
      at: new Date(),
      smtpAnswer: '550 5.1.1 User unknown',
    });
    const [row] = await eventually(
      () =>
        bridged.search(
          'mail.notification',
          [['mail_mail_id', '=', mailId]],
          ['mail_email_address', 'notification_status', 'res_partner_id'],
        ),
      (rows) => rows.length > 0,
    );
    expect(row).toMatchObject({
      mail_email_address: 'ivy@example.com',
      notification_status: 'exception',
      res_partner_id: false,
    });
    await bridged.call('mail.mail', 'mark_outgoing', [[mailId]]);
    await bridged.call('mail.mail', 'send', [[mailId]]);
    expect(['ivy@example.com', 'jo@example.com'].map(countTo)).toEqual([2, 1]);
  });
});
