import { textOf } from '../records/field.ts';
import type { Records, Values } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { createRowFinder, eventsByMessageId } from './message-rows.ts';

const finalStatuses = ['delivered', 'email_opened', 'email_clicked', 'complaint'];

/**
 * The provisioned action `pending`: messages that wait for a report of Sweego, all on one page.
 *
 * It judges a mail that failed for one recipient by the notifications of the others. Recipients without a
 * notification (Cc, direct mails), lists that a Retry has cut down, pages and the limit of 30 days are tested on
 * the real Odoo alone.
 */
export function pending(records: Records, input: Values): unknown {
  const { store } = records;
  if (input['cursor']) throw new Error('The stand-in answers all pending messages on one page.');
  const rowsOf = createRowFinder(records);
  const waiting = new Map<number, { created: unknown; since: unknown }>();
  for (const mail of store.all('mail.mail')) {
    const messageId = Number(mail['mail_message_id']);
    if (!mail['x_sweego_relayed'] || mail['x_sweego_confirmed'] || waiting.has(messageId)) continue;
    const hasFailed = mail['state'] === 'exception';
    if (hasFailed ? !waitsForSomebody(rowsOf(messageId).notifications) : mail['state'] !== 'sent') continue;
    waiting.set(messageId, { created: mail['create_date'], since: mail['write_date'] });
  }
  // Where Odoo has deleted the mail, only its notifications are left; the signed Reply-To shows that it left
  // through Sweego.
  for (const message of store.all('mail.message')) {
    const rows = rowsOf(message.id).notifications.filter((row) => !row['mail_mail_id'] && isUndecided(row));
    const isRelayed = textOf(message['reply_to']).includes('reply+');
    if (rows.length === 0 || !isRelayed || waiting.has(message.id)) continue;
    waiting.set(message.id, { created: message['create_date'], since: message['create_date'] });
  }
  const events = eventsByMessageId(records);
  return {
    messages: [...waiting].flatMap(([id, { created, since }]) => {
      const message = store.find('mail.message', id);
      if (!message?.['message_id']) return [];
      return {
        message_id: message['message_id'],
        created_at: created,
        since,
        from_domain: domainOf(message),
        events: (events.get(message['message_id']) ?? []).map((event) => [
          event['x_swg_uid'] || false,
          textOf(event['x_type']),
          event['x_permanence'] || false,
        ]),
      };
    }),
    next: false,
  };
}

/** Whether one of the notifications of a failed mail is still undecided. */
function waitsForSomebody(rows: readonly Row[]): boolean {
  if (rows.some((row) => row['x_sweego_status'] === 'soft_bounce')) return true;
  const isReported = rows.some((row) => row['x_sweego_status']);
  return isReported && rows.some((row) => !isDecided(row));
}

function isDecided(row: Row): boolean {
  // After a Retry, Odoo shows as sent what Sweego had called bounced.
  if (row['x_sweego_status'] === 'hard_bounce') return row['notification_status'] !== 'sent';
  return finalStatuses.includes(textOf(row['x_sweego_status']));
}

function isUndecided(row: Row): boolean {
  const status = textOf(row['x_sweego_status']);
  return (
    status === 'soft_bounce' || (row['notification_status'] === 'sent' && ['', 'email_sent'].includes(status))
  );
}

/** Nothing where there is no address, as in a name alone. */
function domainOf(message: Row): string | false {
  const [, domain] = /@\s*([^@>\s]+)[^@]*$/.exec(textOf(message['email_from'])) ?? [];
  return domain?.toLowerCase() ?? false;
}
