import { randomInt } from 'node:crypto';
import { missingError } from '../faults.ts';
import { textOf } from '../records/field.ts';
import type { Records, Values } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { applyRelayRule, odooReplyTo } from './relay-rule.ts';

/**
 * `mail.mail.create`: creates the mail.message it delegates to unless one is named, then runs the provisioned
 * automation rule.
 *
 * @param authorId res.partner
 */
export function createMail(records: Records, values: Values, authorId: number): Row {
  const { fields } = records.model('mail.mail');
  const isOfMessage = ([name]: [string, unknown]) => fields[name]?.related !== undefined;
  const entries = Object.entries(values);
  const isOnMessage = Boolean(values['mail_message_id']);
  const message = isOnMessage
    ? records.store.find('mail.message', Number(values['mail_message_id']))
    : createMessage(records, Object.fromEntries(entries.filter(isOfMessage)), authorId);
  if (message === undefined) throw missingError('mail.message', [Number(values['mail_message_id'])]);
  const own = isOnMessage ? entries : entries.filter((entry) => !isOfMessage(entry));
  const mail = records.create('mail.mail', {
    is_notification: isOnMessage,
    ...Object.fromEntries(own),
    mail_message_id: message.id,
  });
  applyRelayRule(records, mail, message);
  return mail;
}

/**
 * `mail.thread.message_post`: one mail.message and, if it is for partners, one mail.mail with all recipients and
 * one mail.notification for each of them, still to be sent.
 *
 * @param authorId res.partner, who gets no mail
 * @throws StandInFault MissingError without the document
 */
export function postMessage(
  records: Records,
  model: string,
  documentId: number,
  args: Values,
  authorId: number,
): { message: Row; mail: Row | undefined } {
  if (records.findDocument(model, documentId) === undefined) throw missingError(model, [documentId]);
  const { partner_ids: partnerIds = [], subtype_xmlid: subtype, ...values } = args;
  const subtypeName = textOf(subtype).replace('mail.', '') || 'mt_note';
  const message = createMessage(
    records,
    { ...values, subtype_id: findSubtype(records, subtypeName), model, res_id: documentId },
    authorId,
  );
  const recipients = (partnerIds as readonly number[]).filter((id) => id !== authorId);
  if (recipients.length === 0) return { message, mail: undefined };

  const subject = `${records.model(model).documentName} ${records.displayName(model, documentId)}`;
  const mail = createMail(
    records,
    {
      mail_message_id: message.id,
      subject,
      body_html: message['body'],
      recipient_ids: recipients,
      auto_delete: true,
    },
    authorId,
  );
  for (const partner of recipients) {
    records.create('mail.notification', {
      mail_message_id: message.id,
      mail_mail_id: mail.id,
      res_partner_id: partner,
      notification_type: 'email',
      is_read: true,
    });
  }
  return { message, mail };
}

/** The id of `mail.mt_comment` or `mail.mt_note`. */
export function findSubtype(records: Records, name: string): unknown {
  const [found] = records.search('ir.model.data', [
    ['module', '=', 'mail'],
    ['name', '=', name],
  ]);
  return found?.['res_id'] ?? false;
}

function createMessage(records: Records, values: Values, authorId: number): Row {
  const author = records.store.find('res.partner', authorId);
  const { model, res_id: documentId } = values;
  return records.create('mail.message', {
    message_id: newMessageId(textOf(model), Number(documentId)),
    author_id: authorId,
    email_from: `"${String(author?.['name'])}" <${String(author?.['email'])}>`,
    reply_to: odooReplyTo(records, model, documentId),
    ...values,
  });
}

/** The shape of mail.message `_get_message_id`: `<random.timestamp.random-openerp-<res_id>-<model>@<host>>`. */
function newMessageId(model: string, documentId: number): string {
  const document = model === '' ? 'private' : `${documentId}-${model}`;
  const random = () => String(randomInt(1e14)).padStart(15, '0');
  return `<${random()}.${Math.floor(Date.now() / 1000)}.${random()}-openerp-${document}@odoo.example.com>`;
}
