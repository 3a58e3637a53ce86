import {
  parseDeliveryStatus,
  unknownState,
  type DeliveryEvent,
  type RecipientState,
} from './delivery-status.ts';
import { addressesIn } from './email-address.ts';
import type { MailState, MessageState, NotificationState } from './message-state.ts';
import { parseRecipientStates } from './recipient-states.ts';

/** One recipient while a decision is being made. */
export type Recipient = {
  address: string;
  notification: NotificationState | undefined;
  mails: readonly MailState[];
  before: RecipientState;
  now: RecipientState;
  /** The event that `now` comes from; undefined while nothing changed. */
  cause: DeliveryEvent | undefined;
};

/**
 * The recipient an event is about: by swg_uid, else by the address recorded on the notification, else by
 * the partner's address of today, else among the addresses of a mail. Never by an empty value.
 */
export function findRecipient(
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
export function recipientsOf(mail: MailState): string[] {
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

export function believedOf(
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
