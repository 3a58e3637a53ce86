import { normalizedAddress, textOf } from '../records/field.ts';
import type { Records, Values } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { createRowFinder, eventsByMessageId } from './message-rows.ts';
import type { MessageRows } from './message-rows.ts';

/** The provisioned action `read`: what Odoo knows of the messages with these Message-Ids. */
export function read(records: Records, input: Values): unknown {
  const wanted = new Set(input['message_ids'] as readonly unknown[]);
  const rowsOf = createRowFinder(records);
  const byMessageId = eventsByMessageId(records);
  const events = (messageId: unknown) => (byMessageId.get(messageId) ?? []).map(eventState);
  const messages = records.store.all('mail.message').filter((row) => wanted.has(row['message_id']));
  const found = new Set(messages.map((message) => message['message_id']));
  const gone = [...byMessageId.keys()].filter((messageId) => wanted.has(messageId) && !found.has(messageId));
  // Mass mailing is not installed here, so there are no traces.
  return {
    // The newest comes first, as in Odoo.
    messages: messages.reverse().map((message) => ({
      ...messageState(records, message, rowsOf(message.id)),
      events: events(message['message_id']),
      traces: [],
    })),
    gone: gone.map((messageId) => ({ message_id: messageId, events: events(messageId), traces: [] })),
  };
}

function messageState(records: Records, message: Row, { mails, notifications }: MessageRows): Values {
  return {
    message_id: message['message_id'],
    id: message.id,
    model: message['model'] ?? false,
    res_id: message['res_id'] ?? false,
    document_exists: records.findDocument(message['model'], message['res_id']) !== undefined,
    mails: mails.map((mail) => mailState(records, mail)),
    notifications: notifications.map((row) => notificationState(records, row)),
  };
}

function mailState(records: Records, mail: Row): Values {
  const partnerIds = (mail['recipient_ids'] ?? []) as readonly number[];
  return {
    id: mail.id,
    state: mail['state'],
    is_notification: mail['is_notification'] === true,
    relayed: mail['x_sweego_relayed'] === true,
    auto_delete_requested: mail['x_sweego_auto_delete'] === true,
    confirmed: mail['x_sweego_confirmed'] === true,
    recipients: partnerIds.map((id) => ({ partner_id: id, address: addressOf(records, id) })),
    email_to: mail['email_to'] ?? false,
    email_cc: mail['email_cc'] ?? false,
    original_recipients: mail['x_sweego_original_recipients'] ?? false,
  };
}

function notificationState(records: Records, row: Row): Values {
  const recorded = textOf(row['mail_email_address']).trim().toLowerCase() || false;
  return {
    id: row.id,
    mail_id: row['mail_mail_id'] ?? false,
    address: addressOf(records, row['res_partner_id']) || recorded,
    recorded_address: recorded,
    status: row['notification_status'],
    failure_type: row['failure_type'] ?? false,
    sweego_status: row['x_sweego_status'] ?? false,
    sweego_status_at: row['x_sweego_status_at'] ?? false,
    sweego_uid: row['x_sweego_uid'] ?? false,
    sweego_transaction_id: row['x_sweego_transaction_id'] ?? false,
    sweego_message_id: row['x_sweego_message_id'] ?? false,
  };
}

function eventState(row: Row): Values {
  return {
    recipient: textOf(row['x_recipient']),
    type: textOf(row['x_type']),
    at: row['x_at'] ?? false,
    swg_uid: row['x_swg_uid'] ?? false,
    event_id: row['x_event_id'] ?? false,
    transaction_id: row['x_transaction_id'] ?? false,
    wire_id: row['x_wire_id'] ?? false,
    permanence: row['x_permanence'] ?? false,
    failure_type: row['x_failure_type'] ?? false,
    reason: row['x_reason'] ?? false,
    smtp_line: row['x_line'] ?? false,
  };
}

function addressOf(records: Records, partnerId: unknown): string | false {
  const email = textOf(records.store.find('res.partner', Number(partnerId))?.['email']);
  return normalizedAddress(email) || email.trim().toLowerCase() || false;
}
