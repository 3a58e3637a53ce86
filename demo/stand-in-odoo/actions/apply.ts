import type { ApplyResult, MessageChange } from '../../../src/odoo/message-change.ts';
import { userError } from '../faults.ts';
import { unlinkMails } from '../mails/mail-sending.ts';
import { textOf } from '../records/field.ts';
import type { Records, Values } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { createRowFinder, eventsByMessageId } from './message-rows.ts';
import type { MessageRows } from './message-rows.ts';

/** What a change is about: its message, and the rows of that message as they were before the batch. */
type Target = MessageRows & { message: Row | undefined; events: readonly Row[] };

/**
 * The provisioned action `apply`. The call that runs it is one transaction, so an error in one change undoes those
 * before it. Which fields may be written, blacklists, bounce counts and campaigns are tested on the real Odoo alone.
 *
 * @throws StandInFault UserError for a record that does not belong to the change's message
 */
export function apply(records: Records, input: Values): unknown {
  const rowsOf = createRowFinder(records);
  const events = eventsByMessageId(records);
  const unlinks: number[] = [];
  const results = (input['changes'] as readonly MessageChange[]).map((change) => {
    const id = change.message ?? 0;
    const target = {
      ...rowsOf(id),
      message: records.store.find('mail.message', id),
      events: events.get(change.message_id) ?? [],
    };
    const result = verdictOn(change, target);
    if (result === 'applied') {
      requireOwn(change, target);
      writeChange(records, change, target);
      unlinks.push(...change.mail_unlinks);
    }
    return result;
  });
  unlinkMails(records, unlinks);
  return { results };
}

function verdictOn(change: MessageChange, { message, mails, notifications, events }: Target): ApplyResult {
  const { expect } = change;
  const isHistoryAsExpected =
    events.length === expect.events && isSame(logEventIds(events), expect.log_events);
  if (change.message === null) return isHistoryAsExpected ? 'applied' : 'stale';
  if (message === undefined) return 'gone';
  const isInTheWay = (mail: Row) =>
    mail['state'] === 'outgoing' && (!mail['is_notification'] || change.locked_mail_ids.includes(mail.id));
  if (mails.some(isInTheWay)) return 'deferred';
  const seen = {
    mails: mails.map((mail) => [mail.id, mail['state']]),
    notifications: notifications.map((row) => [
      row.id,
      row['notification_status'],
      row['x_sweego_uid'] || null,
    ]),
  };
  const expected = {
    mails: expect.mails.map(({ id, state }) => [id, state]),
    notifications: expect.notifications.map(({ id, status, uid }) => [id, status, uid]),
  };
  return isHistoryAsExpected && isSame(seen, expected) ? 'applied' : 'stale';
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function logEventIds(events: readonly Row[]): string[] {
  return events
    .map((row) => textOf(row['x_event_id']))
    .filter((id) => id.startsWith('log:'))
    .sort();
}

function requireOwn(change: MessageChange, { mails, notifications, events }: Target): void {
  const idsOf = (rows: readonly { id: number }[]) => rows.map(({ id }) => id);
  const strangers = [
    ...[...idsOf(change.mail_writes), ...change.mail_unlinks].filter((id) => !idsOf(mails).includes(id)),
    ...idsOf(change.notification_writes).filter((id) => !idsOf(notifications).includes(id)),
    ...change.event_replaces.filter((id) => !logEventIds(events).includes(id)),
    ...idsOf(change.trace_writes),
  ];
  if (strangers.length === 0) return;
  throw userError(`sweego_bridge: not of this message: ${strangers.join(', ')}`);
}

function writeChange(records: Records, change: MessageChange, { message, mails, events }: Target): void {
  for (const { id, x_event_id: eventId } of events) {
    // Two messages with one Message-Id share a history: the change of the other one may have replaced it just now.
    const isThere = records.store.find('x_sweego_event', id) !== undefined;
    if (isThere && change.event_replaces.includes(textOf(eventId))) records.unlink('x_sweego_event', [id]);
  }
  for (const values of change.event_creates) {
    records.create('x_sweego_event', {
      ...values,
      x_mail_message_id: message?.id,
      x_model: message?.['model'],
      x_res_id: message?.['res_id'],
    });
  }
  for (const { id, values } of change.notification_writes) records.write('mail.notification', [id], values);
  for (const { id, values } of change.mail_writes) records.write('mail.mail', [id], values);
  for (const { mail_id, mail_email_address, values } of change.notification_creates) {
    records.create('mail.notification', {
      ...values,
      mail_message_id: message?.id,
      mail_mail_id: mails.some(({ id }) => id === mail_id) && mail_id,
      mail_email_address,
      notification_type: 'email',
      is_read: true,
    });
  }
}
