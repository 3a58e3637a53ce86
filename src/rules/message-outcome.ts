import { isFailed, nextState, type DeliveryEvent } from './delivery-status.ts';
import { mailOutcome } from './mail-outcome.ts';
import { findRecipient, type Recipient } from './message-recipient.ts';
import type { MessageChange, MessageState } from './message-state.ts';
import { notificationValues, type FailureTypes } from './notification-values.ts';

/** What became of one event in the decision about its message. */
export type Verdict =
  /** Part of the change; settled once Odoo has applied it. */
  | 'apply'
  /** Something that outweighs it is known already, or it repeats what is known. */
  | 'superseded'
  /** A mail of the message is `outgoing`: nothing may be touched. */
  | 'defer'
  /** The message is known but has no such recipient. */
  | 'unmatched';

export type MessageDecision = {
  /** Undefined when nothing has to be written. */
  change: MessageChange | undefined;
  /** One per event, in order. */
  verdicts: readonly Verdict[];
};

/**
 * Decides what events mean for one message of Odoo: each recipient's notification, and each mail's fate.
 * Nothing is decided, and nothing written, while one of its mails is `outgoing`: a write in that window
 * makes Odoo send the mail a second time.
 *
 * @param events events about this message, in the order of arrival
 * @see Odoo mail.mail._send, mail.mail._postprocess_sent_message
 */
export function decideMessage(
  message: MessageState,
  events: readonly DeliveryEvent[],
  failureTypes: FailureTypes,
): MessageDecision {
  if (message.mails.some((mail) => mail.state === 'outgoing')) {
    return { change: undefined, verdicts: events.map(() => 'defer') };
  }
  const recipients = new Map<string, Recipient>();
  const verdicts = events.map((event): Verdict => {
    const recipient = findRecipient(message, event, recipients);
    if (recipient === undefined) return 'unmatched';
    const next = nextState(recipient.now, event);
    if (next === recipient.now) return 'superseded';
    if (next.status !== recipient.now.status || next.uid !== recipient.now.uid) recipient.cause = event;
    recipient.now = next;
    return 'apply';
  });
  const changed = [...recipients.values()].filter((recipient) => recipient.now !== recipient.before);
  return { change: changed.length === 0 ? undefined : changeOf(message, changed, failureTypes), verdicts };
}

function changeOf(
  message: MessageState,
  changed: readonly Recipient[],
  failureTypes: FailureTypes,
): MessageChange {
  const withNotification = changed.filter((recipient) => recipient.notification !== undefined);
  // Without a notification a failure could not be seen, so the first failure makes one.
  const newlyShown = changed.filter(
    (recipient) => recipient.notification === undefined && isFailed(recipient.now.status),
  );
  const writes = withNotification.flatMap(({ notification, ...recipient }) =>
    notification === undefined
      ? []
      : [{ id: notification.id, values: notificationValues(recipient, notification, failureTypes) }],
  );
  const mailChanges = message.mails
    .filter((mail) => changed.some((recipient) => recipient.mails.includes(mail)))
    .map((mail) => ({ mail, ...mailOutcome(message, mail, changed, failureTypes) }));
  return {
    message: message.id,
    expect: {
      mails: message.mails.map(({ id, state }) => ({ id, state })),
      notifications: message.notifications.map((row) => ({
        id: row.id,
        status: row.status,
        uid: row.sweego_uid,
      })),
    },
    notification_writes: writes,
    notification_creates: newlyShown.map((recipient) => ({
      mail_id: recipient.mails[0]?.id ?? null,
      mail_email_address: recipient.address,
      values: notificationValues(recipient, undefined, failureTypes),
    })),
    mail_writes: mailChanges.flatMap(({ mail, values, unlink }) =>
      unlink || Object.keys(values).length === 0 ? [] : [{ id: mail.id, values }],
    ),
    mail_unlinks: mailChanges.flatMap(({ mail, unlink }) => (unlink ? [mail.id] : [])),
    refresh: newlyShown.length > 0 || writes.some(({ values }) => values.notification_status !== undefined),
  };
}
