import { randomUUID } from 'node:crypto';

/** Base64 of 48 bytes, as Sweego issues them. */
export const intakeSecret = Buffer.from('intake'.repeat(8)).toString('base64');

/** A `delivered` event of about 800 bytes (learn.sweego.io, webhooks/payload) about a message of its own. */
export function intakeBody(number: number, at: Date): string {
  const uid = `02-${randomUUID()}`;
  const transaction = randomUUID();
  return JSON.stringify({
    event_type: 'delivered',
    timestamp: at.toISOString().replace(/\.\d+Z$/, '+00:00'),
    swg_uid: uid,
    event_id: randomUUID(),
    channel: 'email',
    transaction_id: transaction,
    headers: {
      'x-swg-uid': uid,
      'x-mailer': 'Sweego',
      'x-campaign-id': 'default',
      'x-client-id': '0c8cc711c85e4595953862',
      'x-transaction-id': transaction,
      'x-message-id': `<${number}.1763.1764042000-openerp-7-sale.order@odoo.example.com>`,
    },
    campaign_tags: null,
    campaign_type: 'default',
    campaign_id: 'default',
    recipient: `customer-${number}@example.com`,
    domain_from: 'example.com',
    details: `mta-1 zone-mta: info Sender/1[1] ACCEPTED mx=mx.example.com[198.51.100.20] (250 2.0.0 OK)`,
  });
}

/** The recipient of the message of an intake event. */
export function recipientOf(messageId: string): string {
  return `customer-${messageId.slice(1).split('.', 1)[0]}@example.com`;
}
