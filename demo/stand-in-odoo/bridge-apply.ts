import type { ApplyResult } from '../../src/odoo/bridge-answers.ts';
import type { EventValues, MailValues, MessageChange, NotificationValues } from '../../src/rules/delivery/message-state.ts';
import { userError } from './faults.ts';
import { textOf } from './field.ts';
import { unlinkMails } from './mail-sending.ts';
import { StandInFault } from './protocol.ts';
import type { Records, Values } from './records.ts';
import { groupRows, rowsOfMessages } from './rows-of-messages.ts';
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
  'recipient_ids',
  'email_to',
  'email_cc',
  'x_sweego_original_recipients',
];
const eventFields: readonly (keyof EventValues)[] = [
  'x_name',
  'x_mail_id',
  'x_message_id',
  'x_recipient',
  'x_type',
  'x_at',
  'x_swg_uid',
  'x_event_id',
  'x_transaction_id',
  'x_wire_id',
  'x_permanence',
  'x_failure_type',
  'x_reason',
  'x_line',
];

/** What a change is about: its message, and that message's rows as they were before the batch. */
type Target = {
  message: Row | undefined;
  mails: readonly Row[];
  notifications: readonly Row[];
  events: readonly Row[];
};

/**
 * The provisioned action `apply`. The call that runs it is one transaction, so an error in one change
 * undoes those before it.
 *
 * @throws StandInFault UserError for an undocumented field or a record that is not of the change's message,
 * ValueError for a value outside a selection
 */
export function bridgeApply(records: Records, input: Values, refresh: (messageId: number) => void): unknown {
  if (!Array.isArray(input['changes'])) throw userError('changes must be a list');
  const changes = input['changes'] as MessageChange[];
  const ids = new Set(changes.flatMap(({ message }) => message ?? []));
  const rows = rowsOfMessages(records, ids);
  const events = groupRows(records.store.all('x_sweego_event'), (row) => row['x_message_id']);
  const unlinks: number[] = [];
  const refreshes: number[] = [];
  const results = changes.map((change) => {
    const id = change.message ?? 0;
    const target: Target = {
      message: records.store.find('mail.message', id),
      mails: rows.mails.get(id) ?? [],
      notifications: rows.notifications.get(id) ?? [],
      events: events.get(change.message_id) ?? [],
    };
    const result = verdictOn(change, target);
    if (result === 'applied') {
      writeChange(records, change, target);
      unlinks.push(...change.mail_unlinks);
      if (change.refresh) refreshes.push(id);
    }
    return result;
  });
  unlinkMails(records, unlinks);
  // A direct mail takes its message along: then there is no envelope left.
  for (const id of refreshes) if (records.store.find('mail.message', id) !== undefined) refresh(id);
  return { results };
}

function verdictOn(change: MessageChange, { message, mails, notifications, events }: Target): ApplyResult {
  const { expect } = change;
  const isHistoryAsExpected =
    events.length === expect.events &&
    JSON.stringify(logEventIds(events)) === JSON.stringify(expect.log_events);
  if (change.message === null) return isHistoryAsExpected ? 'applied' : 'stale';
  if (message === undefined) return 'gone';
  const isInTheWay = (mail: Row) =>
    mail['state'] === 'outgoing' && (!mail['is_notification'] || change.touches.includes(mail.id));
  if (mails.some(isInTheWay)) return 'deferred';
  const isAsExpected =
    isHistoryAsExpected &&
    JSON.stringify(mails.map((mail) => [mail.id, mail['state']])) ===
      JSON.stringify(expect.mails.map(({ id, state }) => [id, state])) &&
    JSON.stringify(
      notifications.map((row) => [row.id, row['notification_status'], row['x_sweego_uid'] || null]),
    ) === JSON.stringify(expect.notifications.map(({ id, status, uid }) => [id, status, uid]));
  return isAsExpected ? 'applied' : 'stale';
}

function logEventIds(events: readonly Row[]): string[] {
  return events
    .map((row) => textOf(row['x_event_id']))
    .filter((id) => id.startsWith('log:'))
    .sort();
}

function writeChange(
  records: Records,
  change: MessageChange,
  { message, mails, notifications, events }: Target,
): void {
  if (change.trace_writes.length > 0) {
    throw new StandInFault('builtins.KeyError', 'mailing.trace is not installed here');
  }
  if (change.event_replaces.some((id) => !logEventIds(events).includes(id))) {
    throw userError('sweego_bridge: apply may only replace what the log told of this message');
  }
  for (const { id, x_event_id: eventId } of events) {
    // Two messages with one Message-Id share a history: the other one's change may have replaced it just now.
    const isThere = records.store.find('x_sweego_event', id) !== undefined;
    if (isThere && change.event_replaces.includes(textOf(eventId))) records.unlink('x_sweego_event', [id]);
  }
  const replaced = events.filter((row) => change.event_replaces.includes(textOf(row['x_event_id'])));
  for (const values of change.event_creates) {
    // Of a message or mail that is gone, only the row whose place this one takes knows where it belonged.
    const before = replaced.find((row) => row['x_swg_uid'] && row['x_swg_uid'] === values.x_swg_uid);
    records.create('x_sweego_event', {
      ...documented(values, eventFields),
      x_mail_id: values.x_mail_id || (before?.['x_mail_id'] ?? 0),
      x_mail_message_id: message?.id ?? before?.['x_mail_message_id'] ?? false,
      x_model: message?.['model'] ?? before?.['x_model'] ?? false,
      x_res_id: message?.['res_id'] ?? before?.['x_res_id'] ?? false,
    });
  }
  for (const { id, values } of change.notification_writes) {
    requireOwned(notifications, id, 'mail.notification');
    records.write('mail.notification', [id], documented(values, notificationFields));
  }
  for (const { id, values } of change.mail_writes) {
    requireOwned(mails, id, 'mail.mail');
    records.write('mail.mail', [id], documented(values, mailFields));
  }
  for (const { mail_id, mail_email_address, values } of change.notification_creates) {
    records.create('mail.notification', {
      ...documented(values, notificationFields),
      mail_message_id: message?.id ?? false,
      mail_mail_id: mails.some((mail) => mail.id === mail_id) ? mail_id : false,
      mail_email_address,
      author_id: message?.['author_id'] ?? false,
      notification_type: 'email',
      is_read: true,
    });
  }
  for (const id of change.mail_unlinks) requireOwned(mails, id, 'mail.mail');
}

function requireOwned(rows: readonly Row[], id: number, model: string): void {
  if (!rows.some((row) => row.id === id)) {
    throw userError(`sweego_bridge: ${model} ${id} is not of this message`);
  }
}

function documented(values: Values, fields: readonly string[]): Values {
  for (const name of Object.keys(values)) {
    if (!fields.includes(name)) throw userError(`sweego_bridge: apply may not write the field ${name}`);
  }
  for (const name of ['state', 'notification_status']) {
    if (!['sent', 'exception', undefined].includes(values[name] as string | undefined)) {
      throw userError(`sweego_bridge: apply may not set ${name} to this value`);
    }
  }
  return values;
}
