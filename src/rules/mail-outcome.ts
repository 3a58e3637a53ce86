import { isDelivered, isFailed } from './delivery-status.ts';
import { believedOf, recipientsOf, type Recipient } from './message-recipient.ts';
import type { MailState, MailValues, MessageState } from './message-state.ts';
import { allowedType, failureReason, type FailureTypes } from './notification-values.ts';
import { formatRecipientStates, parseRecipientStates } from './recipient-states.ts';

/**
 * A mail's fate, from what is now believed of all its recipients: one failed makes it `exception`, all
 * delivered confirms it, and deletes it when Odoo would have.
 */
export function mailOutcome(
  message: MessageState,
  mail: MailState,
  changed: readonly Recipient[],
  failureTypes: FailureTypes,
): { values: MailValues; unlink: boolean } {
  const kept = keptStates(mail, changed);
  const values: MailValues = kept === undefined ? {} : { x_sweego_recipient_states: kept };
  if (mail.state !== 'sent' && mail.state !== 'exception') return { values, unlink: false };
  const states = recipientsOf(mail).map((address) => believedOf(message, mail, address, changed));
  const concerned = changed.filter((recipient) => recipient.mails.includes(mail));
  const failed = concerned.filter(
    (recipient) => isFailed(recipient.now.status) && recipient.cause !== undefined,
  );
  const last = failed.at(-1)?.cause?.failure;
  if (last !== undefined && last !== null) {
    return {
      unlink: false,
      values: {
        ...values,
        state: 'exception',
        failure_type: allowedType(last.failureType, failureTypes.mail),
        failure_reason: failed.map(mailFailureReason).join('\n'),
        x_sweego_confirmed: false,
      },
    };
  }
  const backToSent: MailValues =
    mail.state === 'exception' ? { state: 'sent', failure_type: false, failure_reason: false } : {};
  if (states.length > 0 && states.every((state) => isDelivered(state.status))) {
    return { values: { ...values, ...backToSent, x_sweego_confirmed: true }, unlink: mail.delete_wished };
  }
  const recovered =
    concerned.some((recipient) => isFailed(recipient.before.status) && !isFailed(recipient.now.status)) &&
    !states.some((state) => isFailed(state.status));
  return { values: recovered ? { ...values, ...backToSent } : values, unlink: false };
}

/** The new text of x_sweego_recipient_states, or undefined when no recipient without notification moved. */
function keptStates(mail: MailState, changed: readonly Recipient[]): string | undefined {
  const moved = changed.filter(
    (recipient) => recipient.notification === undefined && recipient.mails.includes(mail),
  );
  if (moved.length === 0) return undefined;
  const states = new Map(parseRecipientStates(mail.recipient_states));
  for (const recipient of moved) states.set(recipient.address, recipient.now);
  return formatRecipientStates(states);
}

function mailFailureReason(recipient: Recipient): string {
  const failure = recipient.cause?.failure;
  return failure === undefined || failure === null
    ? recipient.address
    : `${recipient.address}: ${failureReason(failure)}`;
}
