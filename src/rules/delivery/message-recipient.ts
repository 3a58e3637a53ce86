import { addressesIn } from '../../mail/email-address.ts';
import type { HistoryEvent, MailState, MessageState, NotificationState } from '../../odoo/message-state.ts';
import { isFailed, recipientState } from './delivery-status.ts';
import type { RecipientState } from './delivery-status.ts';
import { originalRecipients } from './retry-recipients.ts';

/** One recipient of a message, with their status before and after the new events. */
export type Recipient = {
  /** The address in the last event, else that of the notification. */
  address: string;
  notification: NotificationState | undefined;
  /** The mails to this recipient. None when Odoo has deleted them. */
  mails: readonly MailState[];
  before: RecipientState;
  now: RecipientState;
};

/** Finds the recipient of an event. In doubt it finds nobody. */
type RecipientFinder = (event: HistoryEvent) => string | undefined;

/**
 * Finds the recipient of an event by swg_uid, else by the address recorded on the notification, else by the partner's
 * present address, else among the addresses of a mail. Empty values never match. A message without notifications and mails
 * accepts any recipient, because it has no list to compare with.
 *
 * @returns a key that is the same for all events of one recipient; undefined when the message has no such recipient
 */
export function createRecipientFinder(message: MessageState): RecipientFinder {
  const isBare = message.notifications.length === 0 && message.mails.length === 0;
  const addresses = new Set(message.mails.flatMap(allAddresses));
  return (event) => {
    const notification = notificationOf(message, event.recipient, event.swg_uid);
    if (notification !== undefined) return `notification ${notification.id}`;
    return isBare || addresses.has(event.recipient) ? `address ${event.recipient}` : undefined;
  };
}

/**
 * Every recipient of a message: those of its notifications, those of its mails, and those in events.
 *
 * @param known the stored history
 * @param all the new history
 */
export function recipientsOf(
  message: MessageState,
  known: readonly HistoryEvent[],
  all: readonly HistoryEvent[],
): Map<string, Recipient> {
  const find = createRecipientFinder(message);
  const before = groupBy(known, find);
  const now = groupBy(all, find);
  const addressOf = new Map<string, string>();
  for (const event of all) {
    const key = find(event);
    if (key !== undefined) addressOf.set(key, event.recipient);
  }
  const keys = new Set([
    ...message.notifications.map((row) => `notification ${row.id}`),
    ...message.mails.flatMap(allAddresses).map((address) => keyOfAddress(message, address)),
    ...now.keys(),
  ]);
  return new Map(
    [...keys].map((key) => {
      const notification = message.notifications.find((row) => key === `notification ${row.id}`);
      const address = addressOf.get(key) ?? notification?.address ?? key.replace(/^address /, '');
      const recipient: Recipient = {
        address,
        notification,
        mails: mailsOf(message, address, notification),
        before: recipientState(before.get(key) ?? []),
        now: recipientState(now.get(key) ?? []),
      };
      return [key, recipient];
    }),
  );
}

/** The recipients that a mail waits for: everybody in To and Cc. */
export function recipientsOfMail(
  mail: MailState,
  message: MessageState,
  recipients: ReadonlyMap<string, Recipient>,
): Recipient[] {
  const keys = new Set(allAddresses(mail).map((address) => keyOfAddress(message, address)));
  return [...keys].flatMap((key) => recipients.get(key) ?? []);
}

/**
 * Whether the recipient counts as failed. When Odoo shows `sent` although the failure is in its history, a user has
 * pressed Retry. Then the failure no longer counts, and only events of the new submission matter.
 */
export function hasFailed({ before, now, notification, mails }: Recipient): boolean {
  if (!isFailed(now.status)) return false;
  const isSentAgain =
    mails.length > 0 ? mails.some((mail) => mail.state === 'sent') : notification?.status === 'sent';
  return !(isSentAgain && isFailed(before.status) && before.uid === now.uid);
}

/**
 * Whether the recipient's status has changed. An event that only replaces one with the same content changes nothing, so
 * that what a person did in the meantime is kept.
 */
export function isMoved({ before, now }: Recipient): boolean {
  const isSame = before.status === now.status && before.uid === now.uid;
  return !isSame || shownOf(before.event) !== shownOf(now.event);
}

/** The parts of an event that people see. */
function shownOf(event: HistoryEvent | null): string {
  return JSON.stringify([event?.permanence, event?.failure_type, event?.reason, event?.smtp_line]);
}

function notificationOf(
  message: MessageState,
  address: string,
  uid: string | null,
): NotificationState | undefined {
  return (
    message.notifications.find((row) => uid !== null && row.sweego_uid === uid) ??
    message.notifications.find((row) => row.recorded_address === address) ??
    message.notifications.find((row) => row.address === address)
  );
}

function keyOfAddress(message: MessageState, address: string): string {
  const notification = notificationOf(message, address, null);
  return notification === undefined ? `address ${address}` : `notification ${notification.id}`;
}

function mailsOf(
  message: MessageState,
  address: string,
  notification: NotificationState | undefined,
): MailState[] {
  const own = message.mails.filter((mail) => notification !== undefined && mail.id === notification.mail_id);
  if (own.length > 0) return own;
  const addresses = [address, notification?.address ?? address];
  return message.mails.filter((mail) => allAddresses(mail).some((each) => addresses.includes(each)));
}

function allAddresses(mail: MailState): string[] {
  const { partners, email_to, email_cc } = originalRecipients(mail);
  const addresses = partners.flatMap(({ address }) => address ?? []);
  return [...new Set([...addresses, ...addressesIn(email_to), ...addressesIn(email_cc)])];
}

function groupBy(events: readonly HistoryEvent[], find: RecipientFinder): Map<string, HistoryEvent[]> {
  const groups = new Map<string, HistoryEvent[]>();
  for (const event of events) {
    const key = find(event);
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return groups;
}
