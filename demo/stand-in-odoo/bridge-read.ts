import { normalizedAddress, textOf } from './field.ts';
import type { Records, Values } from './records.ts';
import { groupRows, rowsOfMessages } from './rows-of-messages.ts';
import type { RowsOfMessages } from './rows-of-messages.ts';
import type { Row } from './store.ts';

/** The provisioned action `read`: what is known of the messages with these Message-Ids. */
export function bridgeRead(records: Records, input: Values): unknown {
  const given: unknown[] = Array.isArray(input['message_ids']) ? input['message_ids'] : [];
  const wanted = new Set(given.filter((text) => Boolean(text)));
  const { store } = records;
  const messages = store.all('mail.message').filter((row) => wanted.has(row['message_id']));
  const rows = rowsOfMessages(records, new Set(messages.map(({ id }) => id)));
  const events = groupRows(
    store.all('x_sweego_event').filter((row) => wanted.has(row['x_message_id'])),
    (row) => row['x_message_id'],
  );
  const found = new Set(messages.map((message) => message['message_id']));
  return {
    // Newest first, as mail.message is ordered.
    messages: messages.reverse().map((message) => ({
      ...messageState(records, message, rows),
      events: (events.get(message['message_id']) ?? []).map(eventState),
      // Mass mailing is not installed here.
      traces: [],
    })),
    gone: [...events]
      .filter(([messageId]) => !found.has(messageId))
      .map(([messageId, ofMessage]) => ({
        message_id: messageId,
        events: ofMessage.map(eventState),
        traces: [],
      })),
  };
}

function messageState(records: Records, message: Row, rows: RowsOfMessages): Values {
  const model = textOf(message['model']);
  const documentId = Number(message['res_id'] ?? 0);
  return {
    message_id: message['message_id'],
    id: message.id,
    model: model === '' ? false : model,
    res_id: documentId || false,
    document_exists: records.hasModel(model) && records.store.find(model, documentId) !== undefined,
    mails: (rows.mails.get(message.id) ?? []).map((mail) => mailState(records, mail)),
    notifications: (rows.notifications.get(message.id) ?? []).map((row) => notificationState(records, row)),
  };
}

function mailState(records: Records, mail: Row): Values {
  const partnerIds = Array.isArray(mail['recipient_ids']) ? (mail['recipient_ids'] as number[]) : [];
  return {
    id: mail.id,
    state: mail['state'],
    is_notification: mail['is_notification'] === true,
    relayed: mail['x_sweego_relayed'] === true,
    delete_wished: mail['x_sweego_auto_delete'] === true,
    confirmed: mail['x_sweego_confirmed'] === true,
    recipients: partnerIds.map((id) => ({
      partner_id: id,
      address: addressOf(records.store.find('res.partner', id)),
    })),
    email_to: mail['email_to'] || false,
    email_cc: mail['email_cc'] || false,
    original_recipients: mail['x_sweego_original_recipients'] || false,
  };
}

function notificationState(records: Records, row: Row): Values {
  const partner = records.store.find('res.partner', Number(row['res_partner_id']));
  const recorded = textOf(row['mail_email_address']).trim().toLowerCase() || false;
  return {
    id: row.id,
    mail_id: row['mail_mail_id'] ?? false,
    address: addressOf(partner) || recorded,
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
    at: row['x_at'] || false,
    swg_uid: row['x_swg_uid'] || false,
    event_id: row['x_event_id'] || false,
    transaction_id: row['x_transaction_id'] || false,
    wire_id: row['x_wire_id'] || false,
    permanence: row['x_permanence'] || false,
    failure_type: row['x_failure_type'] || false,
    reason: row['x_reason'] || false,
    line: row['x_line'] || false,
  };
}

function addressOf(partner: Row | undefined): string | false {
  return normalizedAddress(partner?.['email']) || textOf(partner?.['email']).trim().toLowerCase() || false;
}
