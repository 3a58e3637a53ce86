import { missingError, serializationFailure } from './faults.ts';
import { chooseMailServer } from './mail-server-choice.ts';
import type { Records } from './records.ts';
import { submitMail } from './smtp-submission.ts';
import type { Submission } from './smtp-submission.ts';
import type { Row } from './store.ts';

export type MailSending = {
  /**
   * `mail.mail.send`: sends those of the mails that are `outgoing`, one after the other.
   *
   * A mail stays `outgoing` for everybody else until its last SMTP transaction is over. Who writes the mail
   * or its message in between makes the commit fail as PostgreSQL would: the mail stays `outgoing`, so the
   * next queue run sends it again.
   *
   * @throws StandInFault SerializationFailure
   */
  send(mailIds: readonly number[]): Promise<void>;
  /** `mail.mail.process_email_queue`. */
  processQueue(): Promise<void>;
};

export function createMailSending(records: Records): MailSending {
  const { store } = records;
  const inFlight = new Set<number>();

  async function sendOne(mailId: number): Promise<void> {
    const mail = store.find('mail.mail', mailId);
    const message = store.find('mail.message', Number(mail?.['mail_message_id']));
    if (mail === undefined || message === undefined || mail['state'] !== 'outgoing') return;
    if (inFlight.has(mailId)) return;
    inFlight.add(mailId);
    try {
      const references = referencesOf(records, message.id);
      const submission = await submitMail(records, mail, message, chooseMailServer(records, message));
      const isUntouched =
        store.find('mail.mail', mailId) === mail && store.find('mail.message', message.id) === message;
      // A direct mail's own delete also trips over rows that came to reference its message meanwhile.
      const isReferencedAnew =
        !mail['is_notification'] && mail['auto_delete'] && references !== referencesOf(records, message.id);
      if (!isUntouched || isReferencedAnew) throw serializationFailure();
      store.transaction(() => finishSending(records, mail, submission));
    } finally {
      inFlight.delete(mailId);
    }
  }

  const sending: MailSending = {
    async send(mailIds) {
      for (const id of mailIds) await sendOne(id);
    },
    processQueue: () =>
      sending.send(records.search('mail.mail', [['state', '=', 'outgoing']]).map((mail) => mail.id)),
  };
  return sending;
}

/**
 * Removes mails, and the message of those that are not notification mails with them.
 *
 * @throws StandInFault MissingError when one does not exist
 */
export function unlinkMails(records: Records, ids: readonly number[]): void {
  const rows = ids.map((id) => {
    const row = records.store.find('mail.mail', id);
    if (row === undefined) throw missingError('mail.mail', [id]);
    return row;
  });
  records.unlink('mail.mail', ids);
  const messages = rows
    .filter((row) => !row['is_notification'])
    .map((row) => Number(row['mail_message_id']))
    .filter((id) => records.store.find('mail.message', id) !== undefined);
  records.unlink('mail.message', [...new Set(messages)]);
}

function finishSending(records: Records, mail: Row, submission: Submission): void {
  // Those of a direct mail are not Odoo's own: it leaves them as they are.
  const notifications = records
    .search('mail.notification', [
      ['mail_mail_id', '=', mail['is_notification'] ? mail.id : -1],
      ['notification_type', '=', 'email'],
      ['notification_status', 'not in', ['sent', 'canceled']],
    ])
    .map((row) => row.id);
  if (submission.result === 'accepted') {
    const cleared = { failure_type: false, failure_reason: false };
    records.write('mail.mail', [mail.id], { state: 'sent', ...cleared });
    records.write('mail.notification', notifications, { notification_status: 'sent', ...cleared });
    if (mail['auto_delete']) unlinkMails(records, [mail.id]);
    return;
  }
  const failureTypes = {
    refused: 'unknown',
    unreachable: 'mail_smtp',
    'no address': 'mail_email_invalid',
  } as const;
  const failure = {
    failure_type: failureTypes[submission.result],
    failure_reason: submission.reason,
  };
  records.write('mail.mail', [mail.id], { state: 'exception', ...failure });
  records.write('mail.notification', notifications, { notification_status: 'exception', ...failure });
}

function referencesOf(records: Records, messageId: number): string {
  const notifications = records.search('mail.notification', [['mail_message_id', '=', messageId]]);
  const events = records.search('x_sweego_event', [['x_mail_message_id', '=', messageId]]);
  return JSON.stringify([notifications, events].map((rows) => rows.map((row) => row.id)));
}
