import type { Odoo } from '../../../src/odoo/odoo.ts';

/** A message whose events have ids that no other message's events have. */
export type MarkedMessage = {
  /** mail.message id. */
  id: number;
  messageId: string;
  /** Part of every id of its events, so that these differ from those of every other message. */
  mark: string;
};

type Row = Readonly<Record<string, unknown>>;

/** All that Odoo shows of a message in the end, without record ids, times of writing and the message's mark. */
export type MessageOutcome = {
  notifications: readonly Row[];
  mails: readonly Row[];
  history: readonly Row[];
};

const notificationFields = [
  'res_partner_id',
  'mail_email_address',
  'notification_status',
  'failure_type',
  'failure_reason',
  'x_sweego_status',
  'x_sweego_status_at',
  'x_sweego_uid',
  'x_sweego_transaction_id',
  'x_sweego_message_id',
  'x_sweego_reason',
];
const mailFields = [
  'state',
  'failure_type',
  'failure_reason',
  'x_sweego_confirmed',
  'recipient_ids',
  'email_to',
  'email_cc',
  'x_sweego_original_recipients',
];
/** Without `x_event_id`: a repetition with another event_id may arrive first. */
const historyFields = [
  'x_name',
  'x_recipient',
  'x_type',
  'x_at',
  'x_swg_uid',
  'x_transaction_id',
  'x_wire_id',
  'x_permanence',
  'x_failure_type',
  'x_reason',
  'x_line',
];

/** Reads as the administrator, three calls for any number of messages; outcomes in the given order. */
export async function readOutcomes(
  admin: Odoo,
  messages: readonly MarkedMessage[],
): Promise<MessageOutcome[]> {
  const read = async (model: string, link: string, keys: readonly unknown[], fields: readonly string[]) =>
    (await admin.call({
      model,
      method: 'search_read',
      arguments: { domain: [[link, 'in', keys]], fields: [link, ...fields], order: 'id' },
    })) as Row[];
  const ids = messages.map(({ id }) => id);
  const notifications = await read('mail.notification', 'mail_message_id', ids, notificationFields);
  const mails = await read('mail.mail', 'mail_message_id', ids, mailFields);
  const messageIds = messages.map(({ messageId }) => messageId);
  const history = await read('x_sweego_event', 'x_message_id', messageIds, historyFields);
  return messages.map(({ id, messageId, mark }) => {
    const ofMessage = (row: Row) => (row['mail_message_id'] as [number, string])[0] === id;
    return {
      notifications: tidy(notifications.filter(ofMessage), mark),
      mails: tidy(mails.filter(ofMessage).map(withSortedRecipients), mark),
      history: tidy(
        history.filter((row) => row['x_message_id'] === messageId),
        mark,
      ),
    };
  });
}

function withSortedRecipients(mail: Row): Row {
  const kept = mail['x_sweego_original_recipients'];
  const original =
    typeof kept === 'string' ? (JSON.parse(kept) as { partners: { partner_id: number }[] }) : undefined;
  original?.partners.sort((one, other) => one.partner_id - other.partner_id);
  return {
    ...mail,
    recipient_ids: [...(mail['recipient_ids'] as number[])].sort((one, other) => one - other),
    x_sweego_original_recipients: original ?? false,
  };
}

/** Makes rows of different messages comparable, in whatever order they were created. */
function tidy(rows: readonly Row[], mark: string): Row[] {
  return rows
    .map((row) => {
      const values = Object.entries(row).filter(
        ([name]) => !['id', 'mail_message_id', 'x_message_id'].includes(name),
      );
      return JSON.stringify(Object.fromEntries(values)).replaceAll(mark, '');
    })
    .sort()
    .map((text) => JSON.parse(text) as Row);
}
