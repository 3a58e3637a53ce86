import type { Records } from './records.ts';
import type { Row } from './store.ts';

/** The mails and e-mail notifications of messages, by message id, each in order of their ids. */
export type RowsOfMessages = {
  mails: ReadonlyMap<number, Row[]>;
  /** Only e-mail ones: nothing that Sweego says is about somebody's inbox in Odoo. */
  notifications: ReadonlyMap<number, Row[]>;
};

/** One pass over each table, whatever the number of messages. */
export function rowsOfMessages({ store }: Records, messageIds: ReadonlySet<number>): RowsOfMessages {
  const ofMessages = (row: Row): boolean => messageIds.has(Number(row['mail_message_id']));
  const byMessage = (row: Row): number => Number(row['mail_message_id']);
  return {
    mails: groupRows(store.all('mail.mail').filter(ofMessages), byMessage),
    notifications: groupRows(
      store.all('mail.notification').filter((row) => ofMessages(row) && row['notification_type'] === 'email'),
      byMessage,
    ),
  };
}

export function groupRows<Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
