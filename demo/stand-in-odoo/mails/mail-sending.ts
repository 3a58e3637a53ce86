import { missingError, StandInFault } from '../faults.ts';
import type { Records } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { submitMail } from './smtp-submission.ts';
import type { Submission } from './smtp-submission.ts';

/**
 * `mail.mail.send`: sends those of the mails that are `outgoing`, one after the other.
 *
 * A mail stays `outgoing` for everybody else until its last SMTP transaction is over. Writing the mail or its
 * message in between makes the commit fail as in PostgreSQL: the mail stays `outgoing`, and is sent again later.
 *
 * @throws StandInFault SerializationFailure
 */
export async function sendMails(records: Records, mailIds: readonly number[]): Promise<void> {
  const { store } = records;
  for (const id of mailIds) {
    const mail = store.find('mail.mail', id);
    const message = store.find('mail.message', Number(mail?.['mail_message_id']));
    if (mail === undefined || message === undefined || mail['state'] !== 'outgoing') continue;
    const submission = await submitMail(records, mail, message);
    if (store.find('mail.mail', id) !== mail || store.find('mail.message', message.id) !== message) {
      throw new StandInFault(
        'psycopg2.errors.SerializationFailure',
        'could not serialize access due to concurrent update\n',
      );
    }
    store.transaction(() => finishSending(records, mail, submission));
  }
}

/**
 * Deletes mails, and the message of each one that is not a notification mail with it.
 *
 * @throws StandInFault MissingError when one does not exist
 */
export function unlinkMails(records: Records, ids: readonly number[]): void {
  const { store } = records;
  const rows = ids.map((id) => store.find('mail.mail', id));
  if (rows.includes(undefined)) throw missingError('mail.mail', ids);
  records.unlink('mail.mail', ids);
  for (const row of rows) {
    const messageId = Number(row?.['mail_message_id']);
    const isThere = store.find('mail.message', messageId) !== undefined;
    if (!row?.['is_notification'] && isThere) records.unlink('mail.message', [messageId]);
  }
}

function finishSending(records: Records, mail: Row, submission: Submission): void {
  const failure = { failure_type: submission.failureType, failure_reason: submission.reason };
  const isSent = submission.failureType === false;
  records.write('mail.mail', [mail.id], { state: isSent ? 'sent' : 'exception', ...failure });
  // A direct mail has no notifications of its own: Odoo leaves those that refer to it as they are.
  const notifications = mail['is_notification']
    ? records
        .search('mail.notification', [
          ['mail_mail_id', '=', mail.id],
          ['notification_type', '=', 'email'],
        ])
        .filter((row) => !['sent', 'canceled'].includes(String(row['notification_status'])))
    : [];
  records.write(
    'mail.notification',
    notifications.map(({ id }) => id),
    { notification_status: isSent ? 'sent' : 'exception', ...failure },
  );
  if (isSent && mail['auto_delete']) unlinkMails(records, [mail.id]);
}
