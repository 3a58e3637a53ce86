import { normalizedAddress, textOf } from './field.ts';
import type { Records, Values } from './records.ts';
import type { Row } from './store.ts';

/** The provisioned action `settings`: what the administrator typed into Odoo. */
export function bridgeSettings(records: Records): unknown {
  const parameter = (key: string) =>
    records.search('ir.config_parameter', [['key', '=', key]])[0]?.['value'] ?? false;
  const servers = records.search(
    'ir.mail_server',
    [
      ['x_sweego_enabled', '=', true],
      ['active', '=', true],
    ],
    'sequence, id',
  );
  return {
    provision_version: Number(parameter('sweego_bridge.provision_version') || 0),
    servers: servers.map((server) => ({
      id: server.id,
      name: server['name'],
      from_filter: server['from_filter'] ?? false,
      outbound_secrets: textsOf(server, [
        'x_sweego_outbound_webhook_secret',
        'x_sweego_previous_outbound_secret',
      ]),
      inbound_secrets: textsOf(server, [
        'x_sweego_inbound_webhook_secret',
        'x_sweego_previous_inbound_secret',
      ]),
      delete_on_sent: server['x_sweego_delete_on_sent'] === true,
      show_auto_replies: server['x_sweego_show_auto_replies'] === true,
    })),
    alias_domains: records.read(
      'mail.alias.domain',
      records.search('mail.alias.domain', []).map((domain) => domain.id),
      ['name', 'catchall_email', 'bounce_email'],
    ),
    api_key: parameter('mangono_sweego.api_key'),
    client_uuid: parameter('mangono_sweego.client_uuid'),
    failure_types: {
      mail: selectionValues(records, 'mail.mail', 'failure_type'),
      notification: selectionValues(records, 'mail.notification', 'failure_type'),
    },
    languages: records.search('res.lang', [['active', '=', true]]).map((language) => language['code']),
  };
}

/** The provisioned action `read`: what is known of the messages with these Message-Ids. */
export function bridgeRead(records: Records, input: Values): unknown {
  const given: unknown[] = Array.isArray(input['message_ids']) ? input['message_ids'] : [];
  const messageIds = given.filter((text) => Boolean(text));
  const messages = records.search('mail.message', [['message_id', 'in', messageIds]]);
  return { messages: messages.map((message) => messageState(records, message)) };
}

export function mailsOf(records: Records, messageId: number): Row[] {
  return records.search('mail.mail', [['mail_message_id', '=', messageId]]);
}

/** Only e-mail notifications: nothing that Sweego says is about somebody's inbox in Odoo. */
export function notificationsOf(records: Records, messageId: number): Row[] {
  return records.search('mail.notification', [
    ['mail_message_id', '=', messageId],
    ['notification_type', '=', 'email'],
  ]);
}

function messageState(records: Records, message: Row): unknown {
  const model = textOf(message['model']);
  const documentId = Number(message['res_id'] ?? 0);
  return {
    message_id: message['message_id'],
    id: message.id,
    model: model === '' ? false : model,
    res_id: documentId,
    document_exists: records.hasModel(model) && records.store.find(model, documentId) !== undefined,
    mails: mailsOf(records, message.id).map((mail) => ({
      id: mail.id,
      state: mail['state'],
      is_notification: mail['is_notification'] === true,
      relayed: mail['x_sweego_relayed'] === true,
      delete_wished: mail['x_sweego_auto_delete'] === true,
      confirmed: mail['x_sweego_confirmed'] === true,
      recipients: records
        .search('res.partner', [['id', 'in', mail['recipient_ids'] ?? []]])
        .map((partner) => normalizedAddress(partner['email']))
        .filter((address) => address !== false),
      email_to: mail['email_to'] ?? false,
      email_cc: mail['email_cc'] ?? false,
      recipient_states: mail['x_sweego_recipient_states'] ?? false,
    })),
    notifications: notificationsOf(records, message.id).map((row) => notificationState(records, row)),
  };
}

function notificationState(records: Records, row: Row): unknown {
  const partner = records.store.find('res.partner', Number(row['res_partner_id']));
  const ofPartner = normalizedAddress(partner?.['email']);
  const recorded = textOf(row['mail_email_address']).toLowerCase() || false;
  return {
    id: row.id,
    mail_id: row['mail_mail_id'] ?? false,
    address: ofPartner || recorded,
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

function textsOf(row: Row, fields: readonly string[]): string[] {
  return fields.map((field) => textOf(row[field])).filter((text) => text !== '');
}

function selectionValues(records: Records, model: string, field: string): string[] {
  return (records.model(model).fields[field]?.selection ?? []).map(([value]) => value);
}
