import type { PendingMail } from './reconcile/pending-mails.ts';

/** One `delivered` event about a mail, and the ids it carries. */
export type DeliveredEvent = PendingMail & {
  at: Date;
  uid: string;
  transactionId: string;
  /** The Message-Id that the recipient sees, with angle brackets. */
  wireMessageId: string;
};

export function eventOf(mail: PendingMail): DeliveredEvent {
  const [name = ''] = mail.recipient.split('@');
  return {
    ...mail,
    at: new Date(),
    uid: `uid-${mail.messageId}`,
    transactionId: `transaction-${name}`,
    wireMessageId: `<1767000000.0c8cc711c85e4595953862.${name}@example.com>`,
  };
}

/** The event as Sweego sends it, about as long as a real one (learn.sweego.io, webhooks/payload). */
export function bodyOf(event: DeliveredEvent): string {
  const bid = event.wireMessageId.slice(1).split('@', 1)[0];
  return JSON.stringify({
    event_type: 'delivered',
    timestamp: event.at.toISOString().replace(/\.\d+Z$/, '+00:00'),
    swg_uid: event.uid,
    event_id: `event-${event.recipient}`,
    channel: 'email',
    transaction_id: event.transactionId,
    headers: {
      'x-campaign-type': 'default',
      'x-swg-uid': event.uid,
      'x-swg-bid': bid,
      'x-mailer': 'Sweego',
      'x-campaign-id': 'default',
      'x-client-id': '0c8cc711c85e4595953862',
      'x-transaction-id': event.transactionId,
      'x-message-id': event.messageId,
      'x-odoo-objects': 'sale.order-1',
    },
    campaign_tags: null,
    campaign_type: 'default',
    campaign_id: 'default',
    recipient: event.recipient,
    domain_from: 'example.com',
    details: `mta-1 zone-mta: info Sender/default/1[1] id=${event.uid} 001 ACCEPTED from=<bounce@swg.example.com> to=<${event.recipient}> src=192.0.2.10 mx=mx.example.com[198.51.100.20] id=${event.wireMessageId} (250 2.0.0 OK)`,
  });
}
