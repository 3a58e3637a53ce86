import type { MailRow, NotificationRow, OrderMails } from '../order-mails.ts';
import type { Timeline } from './timeline.ts';

/** What Odoo shows of one message: its mails, and the envelope of each recipient in the chatter. */
export type MessageView = { mails: readonly MailRow[]; envelopes: readonly NotificationRow[] };

export async function viewMessage(mails: OrderMails, messageId: number): Promise<MessageView> {
  // The envelopes are read first, so that the mails are never older than their envelopes.
  const envelopes = await mails.notificationsOf(messageId);
  return { envelopes, mails: await mails.mailsOf(messageId) };
}

/** Odoo's chatter shows a red envelope for these two states of mail.notification. */
export function isRed(envelope: NotificationRow | undefined): boolean {
  return ['bounce', 'exception'].includes(envelope?.notification_status ?? '');
}

export function envelopeOf(view: MessageView, partnerId: number): NotificationRow | undefined {
  return view.envelopes.find((row) => row.res_partner_id && row.res_partner_id[0] === partnerId);
}

/** The mail.mail to this partner; undefined once it is deleted. */
export function mailTo(view: MessageView, partnerId: number): MailRow | undefined {
  return view.mails.find((mail) => mail.recipient_ids.includes(partnerId));
}

export function showMessage(timeline: Timeline, view: MessageView): void {
  if (view.mails.length === 0) timeline.show('mail.mail', 'deleted');
  for (const mail of view.mails) {
    const failure = mail.failure_type ? ` (${mail.failure_type})` : '';
    const waits = mail.state === 'sent' && mail.x_sweego_auto_delete ? ', kept until delivery is known' : '';
    timeline.show(`mail.mail ${mail.id}`, `${mail.state}${failure}${waits}`);
  }
  for (const envelope of view.envelopes) {
    const colour = isRed(envelope) ? '✉ red ' : '✉ grey';
    const failure = envelope.failure_type ? ` (${envelope.failure_type})` : '';
    const history = envelope.x_sweego_status ? `, Sweego: ${envelope.x_sweego_status}` : '';
    const answer = /\(([^()]*)\)$/.exec(envelope.x_sweego_reason || '')?.[1];
    const line = answer === undefined ? '' : `, "${answer}"`;
    const name = envelope.res_partner_id ? envelope.res_partner_id[1] : envelope.mail_email_address;
    timeline.show(String(name), `${colour} ${envelope.notification_status}${failure}${history}${line}`);
  }
}
