import type { Records } from '../records/records.ts';
import type { Row } from '../records/store.ts';

/** The rows that belong to one message, each list in order of the ids. */
export type MessageRows = {
  mails: readonly Row[];
  /** Only e-mail ones: what Sweego reports is never about an inbox in Odoo. */
  notifications: readonly Row[];
};

/** Finds the rows of any message after one pass over each table. */
export function createRowFinder({ store }: Records): (messageId: number) => MessageRows {
  const isOfMail = (row: Row) => row['notification_type'] === 'email';
  const mails = groupRows(store.all('mail.mail'), 'mail_message_id');
  const notifications = groupRows(store.all('mail.notification').filter(isOfMail), 'mail_message_id');
  return (messageId) => ({
    mails: mails.get(messageId) ?? [],
    notifications: notifications.get(messageId) ?? [],
  });
}

/** The history of each Message-Id. */
export function eventsByMessageId({ store }: Records): ReadonlyMap<unknown, readonly Row[]> {
  return groupRows(store.all('x_sweego_event'), 'x_message_id');
}

function groupRows(rows: readonly Row[], field: string): Map<unknown, Row[]> {
  const groups = new Map<unknown, Row[]>();
  for (const row of rows) {
    const group = groups.get(row[field]);
    if (group === undefined) groups.set(row[field], [row]);
    else group.push(row);
  }
  return groups;
}
