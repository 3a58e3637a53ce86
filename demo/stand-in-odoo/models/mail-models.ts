import { eventFields, eventModel } from '../../../src/provision/event-model.ts';
import {
  active,
  boolean,
  datetime,
  integer,
  many2many,
  many2one,
  selection,
  text,
} from '../records/field.ts';
import type { Field, Model } from '../records/field.ts';

/** The failure types of mail.mail in Odoo 19, which does not know `mail_bounce`. */
const mailFailureTypes = [
  'unknown',
  'mail_spam',
  'mail_email_invalid',
  'mail_email_missing',
  'mail_from_invalid',
  'mail_from_missing',
  'mail_smtp',
  'mail_bl',
  'mail_optout',
  'mail_dup',
];

const ofMessage = (field: Field, name: string): Field => ({ ...field, related: ['mail_message_id', name] });

export const mailModels: readonly Model[] = [
  { name: 'mail.message.subtype', fields: { name: text, internal: boolean } },
  {
    name: 'mail.message',
    fields: {
      message_id: text,
      subject: text,
      body: text,
      message_type: selection(
        [
          'email',
          'comment',
          'email_outgoing',
          'notification',
          'auto_comment',
          'out_of_office',
          'user_notification',
        ],
        'email_outgoing',
      ),
      subtype_id: many2one('mail.message.subtype'),
      email_from: text,
      reply_to: text,
      author_id: many2one('res.partner'),
      model: text,
      res_id: integer,
    },
  },
  {
    name: 'mail.mail',
    fields: {
      mail_message_id: many2one('mail.message', 'cascade'),
      // mail.mail delegates to mail.message: writing one of these on a mail changes it for all mails of the message.
      message_id: ofMessage(text, 'message_id'),
      subject: ofMessage(text, 'subject'),
      email_from: ofMessage(text, 'email_from'),
      reply_to: ofMessage(text, 'reply_to'),
      model: ofMessage(text, 'model'),
      res_id: ofMessage(integer, 'res_id'),
      state: selection(['outgoing', 'sent', 'received', 'exception', 'cancel'], 'outgoing'),
      failure_type: selection(mailFailureTypes),
      failure_reason: text,
      auto_delete: boolean,
      is_notification: boolean,
      email_to: text,
      email_cc: text,
      recipient_ids: many2many,
      body_html: text,
      x_sweego_relayed: boolean,
      x_sweego_auto_delete: boolean,
      x_sweego_confirmed: boolean,
      x_sweego_original_recipients: text,
    },
  },
  {
    name: 'mail.notification',
    fields: {
      mail_message_id: many2one('mail.message', 'cascade'),
      mail_mail_id: many2one('mail.mail'),
      res_partner_id: many2one('res.partner', 'cascade'),
      mail_email_address: text,
      notification_type: selection(['inbox', 'email'], 'inbox'),
      notification_status: selection(
        ['ready', 'process', 'pending', 'sent', 'bounce', 'exception', 'canceled'],
        'ready',
      ),
      is_read: boolean,
      failure_type: selection([...mailFailureTypes, 'mail_bounce']),
      failure_reason: text,
      x_sweego_status: text,
      x_sweego_status_at: datetime,
      x_sweego_uid: text,
      x_sweego_transaction_id: text,
      x_sweego_message_id: text,
      x_sweego_reason: text,
    },
  },
  { name: 'mail.alias.domain', fields: { name: text } },
  {
    name: 'mail.alias',
    fields: {
      alias_name: text,
      alias_domain_id: many2one('mail.alias.domain'),
      alias_model_id: many2one('ir.model'),
    },
  },
  {
    name: 'mail.activity',
    fields: {
      x_sweego_key: text,
      summary: text,
      note: text,
      user_id: many2one('res.users'),
      res_model: text,
      active,
    },
  },
  {
    name: eventModel,
    fields: {
      x_name: text,
      ...Object.fromEntries(eventFields.map(({ name, type, relation }) => [name, fieldOf(type, relation)])),
    },
  },
];

function fieldOf(type: string, relation: string | undefined): Field {
  if (relation !== undefined) return many2one(relation);
  if (type === 'integer') return integer;
  return type === 'datetime' ? datetime : text;
}
