import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

let bridged: BridgedOdoo;

beforeAll(async () => {
  bridged = await openBridgedOdoo((odoo) => ({ ODOO_TRANSPORT: 'xmlrpc', ODOO_LOGIN: odoo.bridgeLogin }));
});
afterAll(async () => {
  await bridged.close();
});

test('over XML-RPC too, a delivery and a bounce of one mail each reach their own recipient', async () => {
  const addresses = ['hugo@example.com', 'ida@example.com'];
  const partners = await bridged.createPartners(addresses);
  const order = await bridged.createOrder(partners[0] ?? 0);
  const messageId = await bridged.post(order.id, partners, { body: 'Prices < 100 € & “terms” ]]>' });
  const [hugo, ida] = await Promise.all(
    addresses.map((address) => bridged.sweego.waitForMail((mail) => mail.recipient === address)),
  );
  if (hugo === undefined || ida === undefined) throw new Error('no mails');

  await bridged.sweego.sendEvent({ type: 'delivered', mail: hugo, at: new Date() });
  await bridged.sweego.sendEvent({
    type: 'hard_bounce',
    mail: ida,
    at: new Date(),
    smtpAnswer: '550 5.1.1 <ida@example.com>: User & mailbox unknown',
  });
  const rows = await eventually(
    () =>
      bridged.search(
        'mail.notification',
        [['mail_message_id', '=', messageId]],
        ['res_partner_id', 'notification_status', 'failure_type', 'failure_reason', 'x_sweego_status'],
      ),
    (found) => found.every((row) => row['x_sweego_status'] !== false),
  );
  const rowOf = (partnerId: number | undefined) =>
    rows.find((row) => (row['res_partner_id'] as [number, string])[0] === partnerId);
  expect(rowOf(partners[0])).toMatchObject({ notification_status: 'sent', x_sweego_status: 'delivered' });
  expect(rowOf(partners[1])).toMatchObject({
    notification_status: 'exception',
    failure_type: 'mail_email_invalid',
    x_sweego_status: 'hard_bounce',
  });
  expect(String(rowOf(partners[1])?.['failure_reason'])).toContain(
    '550 5.1.1 <ida@example.com>: User & mailbox unknown',
  );
  expect(bridged.bridge.logs()).toContain('"transport":"xmlrpc"');
});
