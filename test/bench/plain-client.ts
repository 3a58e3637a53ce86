import { sendHttpRequest } from '../../src/http-client.ts';
import { createOdoo } from '../../src/odoo/create-odoo.ts';
import type { Odoo } from '../../src/odoo/odoo.ts';
import type { BenchOdoo } from './bench-odoo.ts';
import { eventOf } from './delivered-event.ts';
import type { PendingMail } from './reconcile/pending-mails.ts';

/**
 * Confirms mails as a simple client does. For each webhook it finds the message, finds the recipient's notification,
 * writes the notification and deletes the mail: one JSON-2 call each, with an administrator's key.
 *
 * @param clients number of clients that work at the same time
 * @returns wall time, milliseconds
 */
export async function confirmOneByOne(
  bench: BenchOdoo,
  mails: readonly PendingMail[],
  clients: number,
): Promise<number> {
  const odoo = createOdoo(
    'json2',
    { url: bench.url, database: bench.database, secret: bench.adminApiKey, timeoutMs: 60_000 },
    sendHttpRequest,
  );
  const left = [...mails];
  const work = async () => {
    for (let mail = left.shift(); mail !== undefined; mail = left.shift()) await confirm(odoo, mail);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: clients }, work));
  const wallMs = performance.now() - start;
  await odoo.close();
  return wallMs;
}

async function confirm(odoo: Odoo, mail: PendingMail): Promise<void> {
  const event = eventOf(mail);
  const [message] = (await odoo.call({
    model: 'mail.message',
    method: 'search',
    arguments: { domain: [['message_id', '=', event.messageId]] },
  })) as number[];
  const [notification] = (await odoo.call({
    model: 'mail.notification',
    method: 'search_read',
    arguments: {
      domain: [
        ['mail_message_id', '=', message],
        ['res_partner_id.email_normalized', '=', event.recipient],
      ],
      fields: ['mail_mail_id'],
    },
  })) as { id: number; mail_mail_id: [number, string] }[];
  if (notification === undefined) throw new Error(`Odoo shows no notification of ${mail.messageId}`);
  await odoo.call({
    model: 'mail.notification',
    method: 'write',
    ids: [notification.id],
    arguments: {
      vals: {
        x_sweego_status: 'delivered',
        x_sweego_status_at: event.at.toISOString().slice(0, 19).replace('T', ' '),
        x_sweego_uid: event.uid,
        x_sweego_transaction_id: event.transactionId,
        x_sweego_message_id: event.wireMessageId,
      },
    },
  });
  await odoo.call({ model: 'mail.mail', method: 'unlink', ids: [notification.mail_mail_id[0]] });
}

/**
 * Over RPC even the administrator may not write the notifications of other users: a simple client needs this rule.
 *
 * @see Odoo mail/security/mail_security.xml, ir.rule on mail.notification
 */
export async function allowAdministratorNotifications(bench: BenchOdoo): Promise<void> {
  await bench.administrator.runPython(`
env['ir.rule'].create({
    'name': 'Bench', 'model_id': env['ir.model']._get_id('mail.notification'), 'domain_force': "[(1, '=', 1)]",
    'groups': [Command.link(env.ref('base.group_system').id)],
})
`);
}
