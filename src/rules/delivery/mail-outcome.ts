import type { MailValues } from '../../odoo/message-change.ts';
import type { MailState, MessageState } from '../../odoo/message-state.ts';
import { isDelivered, isFailed } from './delivery-status.ts';
import { hasFailed, recipientsOfMail } from './message-recipient.ts';
import type { Recipient } from './message-recipient.ts';
import { allowedType, failureReason } from './notification-values.ts';
import type { OdooFacts } from './notification-values.ts';
import { retryRecipients } from './retry-recipients.ts';

/** When recipients failed for different reasons, the mail shows the first of these: it says most about what to do. */
const failureTypePriority = ['mail_email_invalid', 'mail_bl', 'mail_smtp'];

/**
 * What becomes of a mail, given the status of all its recipients. One failed recipient makes it `exception` and reduces
 * its list to the failed recipients. When all are delivered it is confirmed, or deleted if Odoo would have deleted it.
 */
export function mailOutcome(
  message: MessageState,
  mail: MailState,
  recipients: ReadonlyMap<string, Recipient>,
  facts: OdooFacts,
): { values: MailValues; unlink: boolean } {
  const nothing = { values: {}, unlink: false };
  if (mail.state !== 'sent' && mail.state !== 'exception') return nothing;
  const required = recipientsOfMail(mail, message, recipients);
  const concerned = new Set([
    ...required,
    ...[...recipients.values()].filter((each) => each.mails.includes(mail)),
  ]);
  const failed = [...concerned].filter(hasFailed);
  if (failed.length > 0) return { values: failureValues(mail, failed, facts), unlink: false };
  const wholeAgain = retryRecipients(mail, new Set());
  const backToSent: MailValues =
    mail.state === 'exception'
      ? { state: 'sent', failure_type: false, failure_reason: false, ...wholeAgain }
      : wholeAgain;
  if (required.length > 0 && required.every(({ now }) => isDelivered(now.status))) {
    if (mail.auto_delete_requested) return { values: {}, unlink: true };
    return {
      values: mail.confirmed ? backToSent : { ...backToSent, x_sweego_confirmed: true },
      unlink: false,
    };
  }
  // The `exception` comes from Odoo itself, unless a failure that is now over caused it.
  const isOver = [...concerned].some(({ before }) => isFailed(before.status));
  if (!isOver && mail.state === 'exception') return nothing;
  // A newer submission has begun, so the mail waits again.
  return {
    values: mail.confirmed ? { ...backToSent, x_sweego_confirmed: false } : backToSent,
    unlink: false,
  };
}

function failureValues(mail: MailState, failed: readonly Recipient[], facts: OdooFacts): MailValues {
  const inOrder = [...failed].sort((one, other) => (one.address < other.address ? -1 : 1));
  const types = inOrder.map(({ now }) => now.event?.failure_type ?? null);
  const type = failureTypePriority.find((each) => types.includes(each)) ?? null;
  const reasons = inOrder.flatMap(({ address, now }) =>
    now.event === null ? [] : [`${address}: ${failureReason(now.event, facts.language)}`],
  );
  const addresses = failed.flatMap(({ address, notification }) => [
    address,
    notification?.address ?? address,
  ]);
  return {
    state: 'exception',
    failure_type: allowedType(type, facts.failureTypes.mail),
    failure_reason: reasons.join('\n'),
    ...(mail.confirmed ? { x_sweego_confirmed: false } : {}),
    ...retryRecipients(mail, new Set(addresses)),
  };
}
