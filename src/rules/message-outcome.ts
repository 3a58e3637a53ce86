import {
  isDelivered,
  isFailed,
  nextState,
  parseDeliveryStatus,
  unknownState,
  type DeliveryEvent,
  type RecipientState,
} from './delivery-status.ts';
import { addressesIn } from './email-address.ts';
import { failureText } from './failure-text.ts';
import type {
  MailState,
  MailValues,
  MessageChange,
  MessageState,
  NotificationState,
  NotificationValues,
} from './message-state.ts';
import { formatRecipientStates, parseRecipientStates } from './recipient-states.ts';

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

/** Selection values of the two failure_type fields, as this database has them. */
export type FailureTypes = { mail: readonly string[]; notification: readonly string[] };

/** One recipient while a decision is being made. */
type Recipient = {
  address: string;
  notification: NotificationState | undefined;
  mails: readonly MailState[];
  before: RecipientState;
  now: RecipientState;
  /** The event that `now` comes from; undefined while nothing changed. */
  cause: DeliveryEvent | undefined;
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

/**
 * The recipient an event is about: by swg_uid, else by the address recorded on the notification, else by
 * the partner's address of today, else among the addresses of a mail. Never by an empty value.
 */
function findRecipient(
  message: MessageState,
  event: DeliveryEvent,
  known: Map<string, Recipient>,
): Recipient | undefined {
  const notification =
    message.notifications.find((row) => event.uid !== null && row.sweego_uid === event.uid) ??
    message.notifications.find((row) => row.recorded_address === event.recipient) ??
    message.notifications.find((row) => row.address === event.recipient);
  const key = notification === undefined ? event.recipient : `notification ${notification.id}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const mails = mailsFor(message, event.recipient, notification);
  if (notification === undefined && mails.length === 0) return undefined;
  const before = notification === undefined ? keptState(mails, event.recipient) : stateOf(notification);
  const recipient = { address: event.recipient, notification, mails, before, now: before, cause: undefined };
  known.set(key, recipient);
  return recipient;
}

function mailsFor(
  message: MessageState,
  address: string,
  notification: NotificationState | undefined,
): MailState[] {
  const own = message.mails.filter((mail) => notification !== undefined && mail.id === notification.mail_id);
  if (own.length > 0) return own;
  return message.mails.filter(
    (mail) => recipientsOf(mail).includes(address) || addressesIn(mail.email_cc).includes(address),
  );
}

/** Who must have received a mail before it counts as delivered. Cc addresses get no events of their own. */
function recipientsOf(mail: MailState): string[] {
  return [...new Set([...mail.recipients, ...addressesIn(mail.email_to)])];
}

function stateOf(notification: NotificationState): RecipientState {
  return {
    status:
      notification.sweego_status === null ? null : (parseDeliveryStatus(notification.sweego_status) ?? null),
    at: notification.sweego_status_at,
    uid: notification.sweego_uid,
    transactionId: notification.sweego_transaction_id,
    wireMessageId: notification.sweego_message_id,
  };
}

function keptState(mails: readonly MailState[], address: string): RecipientState {
  for (const mail of mails) {
    const state = parseRecipientStates(mail.recipient_states).get(address);
    if (state !== undefined) return state;
  }
  return unknownState;
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

function notificationValues(
  recipient: Omit<Recipient, 'notification'>,
  notification: NotificationState | undefined,
  failureTypes: FailureTypes,
): NotificationValues {
  const { now, cause } = recipient;
  const failure = isFailed(now.status) ? (cause?.failure ?? null) : null;
  const kept: NotificationValues = {
    ...(now.status === null ? {} : { x_sweego_status: now.status }),
    x_sweego_status_at: now.at === null ? false : odooDatetime(now.at),
    x_sweego_uid: now.uid ?? false,
    x_sweego_transaction_id: now.transactionId ?? false,
    x_sweego_message_id: now.wireMessageId ?? false,
  };
  if (cause === undefined) return kept;
  if (failure !== null) {
    const values = { ...kept, x_sweego_reason: failure.line ?? failureText(failure.reason) };
    // What a user has dismissed stays dismissed for this submission.
    const dismissed = notification?.status === 'canceled' && !isNewSubmission(recipient);
    if (dismissed) return values;
    return {
      ...values,
      notification_status: 'exception',
      failure_type: allowedType(failure.failureType, failureTypes.notification),
      failure_reason: failureReason(failure),
    };
  }
  const cleared = { ...kept, x_sweego_reason: false as const };
  const red = notification?.status !== 'sent' && notification?.status !== 'canceled';
  if (!isDelivered(now.status) || !red) return cleared;
  return { ...cleared, notification_status: 'sent', failure_type: false, failure_reason: false };
}

function isNewSubmission({ before, now }: Omit<Recipient, 'notification'>): boolean {
  return before.uid !== null && before.uid !== now.uid;
}

/**
 * A mail's fate, from what is now believed of all its recipients: one failed makes it `exception`, all
 * delivered confirms it, and deletes it when Odoo would have.
 */
function mailOutcome(
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

function believedOf(
  message: MessageState,
  mail: MailState,
  address: string,
  changed: readonly Recipient[],
): RecipientState {
  const notification =
    message.notifications.find((row) => row.recorded_address === address) ??
    message.notifications.find((row) => row.address === address);
  const moved = changed.find((recipient) =>
    notification === undefined
      ? recipient.notification === undefined && recipient.address === address
      : recipient.notification?.id === notification.id,
  );
  if (moved !== undefined) return moved.now;
  if (notification !== undefined) return stateOf(notification);
  return parseRecipientStates(mail.recipient_states).get(address) ?? unknownState;
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

function failureReason(failure: NonNullable<DeliveryEvent['failure']>): string {
  const sentence = failureText(failure.reason);
  return failure.line === null ? sentence : `${sentence}\n${failure.line}`;
}

/** A value outside the selection of this database would make Odoo refuse the whole batch. */
function allowedType(wanted: string, selection: readonly string[]): string {
  return selection.includes(wanted) ? wanted : 'unknown';
}

/** Odoo's datetimes: UTC, seconds. */
function odooDatetime(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}
