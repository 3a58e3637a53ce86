import { addressesIn } from '../../src/mail/email-address.ts';
import { ReadAnswer } from '../../src/odoo/message-state.ts';
import type { MailState, MessageState } from '../../src/odoo/message-state.ts';
import { recipientsOf, recipientsOfMail } from '../../src/rules/delivery/message-recipient.ts';
import type { Recipient } from '../../src/rules/delivery/message-recipient.ts';
import { bridgeRead } from './bridge-read.ts';
import type { Records } from './records.ts';
import type { Row } from './store.ts';

const finalStatuses: readonly (string | null)[] = ['delivered', 'email_opened', 'email_clicked', 'complaint'];

/** Ids of those mails in `exception` of which somebody still waits for word from Sweego. */
export function undecidedMails(records: Records, mails: readonly Row[]): Set<number> {
  const messages = mails.map((mail) => records.store.find('mail.message', Number(mail['mail_message_id'])));
  const read = bridgeRead(records, { message_ids: messages.map((message) => message?.['message_id']) });
  const ids = new Set(mails.map(({ id }) => id));
  return new Set(
    ReadAnswer.parse(read).messages.flatMap((message) =>
      message.mails.filter((mail) => ids.has(mail.id) && isUndecided(message, mail)).map(({ id }) => id),
    ),
  );
}

function isUndecided(message: MessageState, mail: MailState): boolean {
  if (message.notifications.some((row) => row.sweego_status === 'soft_bounce')) return true;
  const recipients = recipientsOfMail(mail, message, recipientsOf(message, message.events, message.events));
  const isTold = recipients.some((each) => statusOf(each) !== null || each.now.uid !== null);
  return isTold && recipients.some((each) => !isDecided(each, mail));
}

function isDecided(recipient: Recipient, mail: MailState): boolean {
  const status = statusOf(recipient);
  if (status !== 'hard_bounce') return finalStatuses.includes(status);
  // Sent to again, by a Retry: his row is shown as sent, or the mail lists him no more.
  const { address, notification } = recipient;
  const partners = mail.recipients.map((each) => each.address);
  const listed = [...partners, ...addressesIn(mail.email_to), ...addressesIn(mail.email_cc)];
  return notification?.status !== 'sent' && listed.includes(notification?.address ?? address);
}

function statusOf({ notification, now }: Recipient): string | null {
  return notification?.sweego_status ?? now.status;
}
