import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweegoLogRow } from '../../../demo/sweego-logs.ts';
import { eventually, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

let bridged: BridgedOdoo;

beforeAll(async () => {
  // No scheduled reconciliation during these tests.
  bridged = await openBridgedOdoo(() => ({ RECONCILE_CRON: '0 0 29 2 *' }));
});
afterAll(async () => {
  await bridged.close();
});

/** The built program's `reconcile --json`, beside the running bridge. */
async function reconcile(): Promise<Record<string, unknown>> {
  const program = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
  const env = { PATH: process.env['PATH'] ?? '', ...bridged.environment };
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'reconcile', '--json'], { env });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const mailTo = (address: string) => bridged.sweego.waitForMail((mail) => mail.recipient === address);

async function bounceByWebhook(address: string): Promise<void> {
  const answer = { at: new Date(), smtpAnswer: '550 5.1.1 User unknown' };
  const { status } = await bridged.sweego.sendEvent({
    type: 'hard_bounce',
    mail: await mailTo(address),
    ...answer,
  });
  expect(status).toBe(200);
}

/** Sweego knows the bounce, and its webhook never comes. */
async function bounceInLogOnly(address: string): Promise<void> {
  const mail = await mailTo(address);
  const [uid, transactionId] = [`01-${address}`, `t-${address}`];
  const bounce = { status: 'undelivered', bounceType: 'hard', smtpAnswer: '550 5.1.1 User unknown' } as const;
  bridged.sweego.api.logRows.push(sweegoLogRow({ mail, uid, transactionId, at: new Date(), ...bounce }));
}

async function rowsOf(messageId: number): Promise<string[]> {
  const fields = ['notification_status'];
  const rows = await bridged.search('mail.notification', [['mail_message_id', '=', messageId]], fields);
  return rows.map((row) => String(row['notification_status']));
}

describe('a mail with one bounce reported by webhook, and one that stands only in Sweego’s log', () => {
  it('turns red for both customers after one reconciliation', async () => {
    const addresses = ['owner@example.com', 'ann@example.com', 'bob@example.com'];
    const [owner, ...partners] = await bridged.createPartners(addresses);
    const order = await bridged.createOrder(owner ?? 0);
    const message = await bridged.post(order.id, partners);
    await bounceByWebhook('ann@example.com');
    await eventually(
      () => rowsOf(message),
      (rows) => rows.includes('exception'),
    );
    expect((await rowsOf(message)).sort()).toEqual(['exception', 'sent']);
    await bounceInLogOnly('bob@example.com');
    expect(await reconcile()).toMatchObject({ outcome: 'complete', pending: 1, news: 1 });
    await eventually(
      () => rowsOf(message),
      (rows) => !rows.includes('sent'),
    );
    expect(await rowsOf(message)).toEqual(['exception', 'exception']);
    expect(await reconcile()).toMatchObject({ pending: 0 });
  });

  it('turns red for a Cc address as well', async () => {
    const [owner] = await bridged.createPartners(['second@example.com']);
    const order = await bridged.createOrder(owner ?? 0);
    const mailId = await bridged.create('mail.mail', {
      subject: 'Your quotation',
      body_html: '<p>Your quotation</p>',
      email_to: 'dora@example.com',
      email_cc: 'carl@example.com',
      model: 'sale.order',
      res_id: order.id,
      auto_delete: true,
    });
    await bridged.call('mail.mail', 'send', [[mailId]]);
    const [mail] = await bridged.search('mail.mail', [['id', '=', mailId]], ['mail_message_id']);
    const [message] = mail?.['mail_message_id'] as [number, string];
    await bounceByWebhook('dora@example.com');
    await eventually(
      () => rowsOf(message),
      (rows) => rows.includes('exception'),
    );
    expect(await rowsOf(message)).toEqual(['exception']);
    await bounceInLogOnly('carl@example.com');
    expect(await reconcile()).toMatchObject({ outcome: 'complete', pending: 1, news: 1 });
    await eventually(
      () => rowsOf(message),
      (rows) => rows.length === 2,
    );
    expect(await rowsOf(message)).toEqual(['exception', 'exception']);
  });
});
