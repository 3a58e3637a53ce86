import { randomInt } from 'node:crypto';
import { missingError } from './faults.ts';
import { odooDatetime, textOf } from './field.ts';
import { writeMailHeaders } from './mail-headers.ts';
import type { Records, Values } from './records.ts';
import { applyRelayRule, odooReplyTo } from './relay-rule.ts';
import type { Row } from './store.ts';

/** In whose name a message is made. */
export type Author = { partnerId: number; companyId: number };

/**
 * `mail.mail.create`: makes the mail.message it delegates to unless one is named, then lets the provisioned
 * automation rule see the mail.
 */
export function createMail(records: Records, values: Values, author: Author, now: Date): Row {
  const { fields } = records.model('mail.mail');
  const own: Record<string, unknown> = {};
  const delegated: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field?.related === undefined) own[name] = value;
    else delegated[name] = value;
  }
  const isOnMessage = Boolean(own['mail_message_id']);
  if (isOnMessage) own['is_notification'] ??= true;
  else own['mail_message_id'] = createMessage(records, delegated, author, now).id;
  const mail = records.create('mail.mail', isOnMessage ? { ...own, ...delegated } : own);
  applyRelayRule(records, mail, author.companyId);
  return mail;
}

/**
 * `mail.thread.message_post` to partners: one mail.message, one mail.mail with all recipients and one
 * mail.notification for each of them, still to be sent.
 */
export function postMessage(
  records: Records,
  model: string,
  documentId: number,
  args: Values,
  author: Author,
  now: Date,
): { message: Row; mail: Row | undefined } {
  const document = records.store.find(model, documentId);
  if (document === undefined) throw missingError(model, [documentId]);
  const partnerIds = Array.isArray(args['partner_ids']) ? (args['partner_ids'] as number[]) : [];
  const message = createMessage(
    records,
    {
      ...pick(args, ['subject', 'body', 'email_from', 'reply_to', 'mail_server_id']),
      message_type: args['message_type'] ?? 'notification',
      subtype_id: subtypeOf(records, args['subtype_xmlid']),
      model,
      res_id: documentId,
      partner_ids: partnerIds,
    },
    author,
    now,
  );
  const partners = records
    .search('res.partner', [['id', 'in', partnerIds]])
    .filter((partner) => partner.id !== author.partnerId);
  if (partners.length === 0) return { message, mail: undefined };

  const visible = partners.map((partner) => `"${String(partner['name'])}" <${String(partner['email'])}>`);
  const name = records.value(model, document, 'display_name');
  const mail = createMail(
    records,
    {
      mail_message_id: message.id,
      subject: message['subject'] || `${records.model(model).label} ${String(name)}`,
      body_html: message['body'],
      recipient_ids: partners.map((partner) => partner.id),
      auto_delete: true,
      headers: writeMailHeaders({ 'X-Msg-To-Add': visible.join(', ') }),
    },
    author,
    now,
  );
  for (const partner of partners) {
    records.create('mail.notification', {
      mail_message_id: message.id,
      mail_mail_id: mail.id,
      author_id: author.partnerId,
      res_partner_id: partner.id,
      notification_type: 'email',
      notification_status: 'ready',
      is_read: true,
    });
  }
  return { message, mail };
}

function subtypeOf(records: Records, externalId: unknown): unknown {
  const [module, name] = (textOf(externalId) || 'mail.mt_note').split('.');
  const [found] = records.search('ir.model.data', [
    ['module', '=', module],
    ['name', '=', name],
  ]);
  return found?.['res_id'] ?? false;
}

function createMessage(records: Records, values: Values, author: Author, now: Date): Row {
  const partner = records.store.find('res.partner', author.partnerId);
  return records.create('mail.message', {
    message_id: newMessageId(values, now),
    date: odooDatetime(now),
    author_id: author.partnerId,
    email_from: `"${String(partner?.['name'])}" <${String(partner?.['email'])}>`,
    reply_to: odooReplyTo(records, values, author.companyId),
    ...values,
  });
}

/** The shape of mail.message `_get_message_id`: `<random.timestamp.random-openerp-<res_id>-<model>@<host>>`. */
function newMessageId(values: Values, now: Date): string {
  const model = typeof values['model'] === 'string' ? values['model'] : '';
  const document = model && values['res_id'] ? `${Number(values['res_id'])}-${model}` : 'private';
  const random = () => String(randomInt(1e14)).padStart(15, '0');
  const seconds = Math.floor(now.getTime() / 1000);
  return `<${random()}.${seconds}.${random()}-openerp-${document}@odoo.example.com>`;
}

function pick(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.filter((name) => values[name]).map((name) => [name, values[name]]));
}
