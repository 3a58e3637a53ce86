import type { ApplyResult } from '../../src/odoo/bridge-actions.ts';
import type { MailValues, MessageChange, NotificationValues } from '../../src/rules/message-state.ts';
import { mailsOf, notificationsOf } from './bridge-read.ts';
import { userError } from './faults.ts';
import { unlinkMails } from './mail-sending.ts';
import type { Records, Values } from './records.ts';
import type { Row } from './store.ts';

const notificationFields: readonly (keyof NotificationValues)[] = [
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
const mailFields: readonly (keyof MailValues)[] = [
  'state',
  'failure_type',
  'failure_reason',
  'x_sweego_confirmed',
  'x_sweego_recipient_states',
];

/**
 * The provisioned action `apply`. The call that runs it is one transaction, so an error in one change
 * undoes those before it.
 *
 * @throws StandInFault UserError for an undocumented field or a record that is not of the change's message,
 * ValueError for a value outside a selection
 */
export function bridgeApply(records: Records, input: Values, refresh: (messageId: number) => void): unknown {
  const changes = input['changes'];
  if (!Array.isArray(changes)) throw userError('changes must be a list');
  return { results: (changes as MessageChange[]).map((change) => applyChange(records, change, refresh)) };
}

function applyChange(
  records: Records,
  change: MessageChange,
  refresh: (messageId: number) => void,
): ApplyResult {
  const message = records.store.find('mail.message', change.message);
  if (message === undefined) return 'gone';
  const mails = mailsOf(records, message.id);
  const notifications = notificationsOf(records, message.id);
  if (mails.some((mail) => mail['state'] === 'outgoing')) return 'deferred';
  if (!isAsExpected(change, mails, notifications)) return 'stale';

  for (const { id, values } of change.notification_writes) {
    requireOwned(notifications, id, 'mail.notification');
    records.write('mail.notification', [id], documented(values, notificationFields));
  }
  for (const { mail_id, mail_email_address, values } of change.notification_creates) {
    records.create('mail.notification', {
      ...documented(values, notificationFields),
      mail_message_id: message.id,
      mail_mail_id: mails.some((mail) => mail.id === mail_id) ? mail_id : false,
      mail_email_address,
      author_id: message['author_id'],
      notification_type: 'email',
      is_read: true,
    });
  }
  for (const { id, values } of change.mail_writes) {
    requireOwned(mails, id, 'mail.mail');
    records.write('mail.mail', [id], documented(values, mailFields));
  }
  for (const id of change.mail_unlinks) requireOwned(mails, id, 'mail.mail');
  unlinkMails(records, change.mail_unlinks);
  if (change.refresh) refresh(message.id);
  return 'applied';
}

/** Nothing of the message moved since it was read: the same rows, in the same states. */
function isAsExpected(
  { expect }: MessageChange,
  mails: readonly Row[],
  notifications: readonly Row[],
): boolean {
  const expectedMails = expect.mails.map(({ id, state }) => JSON.stringify([id, state]));
  const expectedRows = expect.notifications.map(({ id, status, uid }) => JSON.stringify([id, status, uid]));
  return (
    isSameSet(
      expectedMails,
      mails.map((mail) => JSON.stringify([mail.id, mail['state']])),
    ) &&
    isSameSet(
      expectedRows,
      notifications.map((row) =>
        JSON.stringify([row.id, row['notification_status'], row['x_sweego_uid'] || null]),
      ),
    )
  );
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
}

function requireOwned(rows: readonly Row[], id: number, model: string): void {
  if (!rows.some((row) => row.id === id))
    throw userError(`sweego_bridge: ${model} ${id} is not of this message`);
}

function documented(values: Values, fields: readonly string[]): Values {
  for (const name of Object.keys(values)) {
    if (!fields.includes(name)) throw userError(`sweego_bridge: apply may not write the field ${name}`);
  }
  for (const name of ['state', 'notification_status']) {
    if (!['sent', 'exception', undefined].includes(values[name] as string | undefined))
      throw userError(`sweego_bridge: apply may not set ${name} to this value`);
  }
  return values;
}
