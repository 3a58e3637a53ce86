import { selectionOf } from './field.ts';
import type { Field, Model } from './field.ts';

/** Odoo 19's mail.mail failure types (`mail_bounce` is not among them). */
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

const messageField = (type: Field['type'], name: string): Field => ({
  type,
  related: ['mail_message_id', name],
});

/** mail.mail delegates to mail.message: writing these on a mail changes the message of all its siblings. */
const delegatedFields: Record<string, Field> = {
  message_id: messageField('char', 'message_id'),
  subject: messageField('char', 'subject'),
  body: messageField('html', 'body'),
  email_from: messageField('char', 'email_from'),
  reply_to: messageField('char', 'reply_to'),
  model: messageField('char', 'model'),
  res_id: messageField('integer', 'res_id'),
  author_id: { ...messageField('many2one', 'author_id'), relation: 'res.partner' },
  mail_server_id: { ...messageField('many2one', 'mail_server_id'), relation: 'ir.mail_server' },
};

export const mailModels: readonly Model[] = [
  {
    name: 'mail.message',
    label: 'Message',
    displayField: 'subject',
    fields: {
      message_id: { type: 'char' },
      subject: { type: 'char' },
      body: { type: 'html' },
      message_type: {
        type: 'selection',
        selection: selectionOf(
          'email',
          'comment',
          'email_outgoing',
          'notification',
          'auto_comment',
          'out_of_office',
          'user_notification',
        ),
        default: 'email_outgoing',
      },
      subtype_id: { type: 'many2one', relation: 'mail.message.subtype' },
      date: { type: 'datetime' },
      email_from: { type: 'char' },
      reply_to: { type: 'char' },
      reply_to_force_new: { type: 'boolean' },
      author_id: { type: 'many2one', relation: 'res.partner' },
      model: { type: 'char' },
      res_id: { type: 'integer' },
      mail_server_id: { type: 'many2one', relation: 'ir.mail_server' },
      partner_ids: { type: 'many2many', relation: 'res.partner' },
      notification_ids: { type: 'one2many', relation: 'mail.notification', inverse: 'mail_message_id' },
      x_sweego_message_id: {
        type: 'char',
        compute: (row, store) =>
          store.all('mail.notification').find((one) => one['mail_message_id'] === row.id)?.[
            'x_sweego_transaction_id'
          ] ?? false,
      },
      mail_ids: { type: 'one2many', relation: 'mail.mail', inverse: 'mail_message_id' },
    },
  },
  {
    name: 'mail.mail',
    label: 'Outgoing Mails',
    displayField: 'subject',
    fields: {
      mail_message_id: {
        type: 'many2one',
        relation: 'mail.message',
        required: true,
        onDelete: 'cascade',
      },
      ...delegatedFields,
      state: {
        type: 'selection',
        selection: selectionOf('outgoing', 'sent', 'received', 'exception', 'cancel'),
        default: 'outgoing',
      },
      failure_type: { type: 'selection', selection: selectionOf(...mailFailureTypes) },
      failure_reason: { type: 'text' },
      headers: { type: 'text' },
      auto_delete: { type: 'boolean' },
      is_notification: { type: 'boolean' },
      email_to: { type: 'text' },
      email_cc: { type: 'char' },
      recipient_ids: { type: 'many2many', relation: 'res.partner' },
      body_html: { type: 'text' },
      x_sweego_relayed: { type: 'boolean' },
      x_sweego_auto_delete: { type: 'boolean' },
      x_sweego_confirmed: { type: 'boolean' },
      x_sweego_original_recipients: { type: 'text' },
    },
  },
  {
    name: 'mail.notification',
    label: 'Message Notifications',
    displayField: 'res_partner_id',
    fields: {
      mail_message_id: {
        type: 'many2one',
        relation: 'mail.message',
        required: true,
        onDelete: 'cascade',
      },
      mail_mail_id: { type: 'many2one', relation: 'mail.mail' },
      author_id: { type: 'many2one', relation: 'res.partner' },
      res_partner_id: { type: 'many2one', relation: 'res.partner', onDelete: 'cascade' },
      mail_email_address: { type: 'char' },
      notification_type: {
        type: 'selection',
        selection: selectionOf('inbox', 'email'),
        default: 'inbox',
        required: true,
      },
      notification_status: {
        type: 'selection',
        selection: selectionOf('ready', 'process', 'pending', 'sent', 'bounce', 'exception', 'canceled'),
        default: 'ready',
      },
      is_read: { type: 'boolean' },
      failure_type: { type: 'selection', selection: selectionOf(...mailFailureTypes, 'mail_bounce') },
      failure_reason: { type: 'text' },
      x_sweego_status: { type: 'char' },
      x_sweego_status_at: { type: 'datetime' },
      x_sweego_uid: { type: 'char' },
      x_sweego_transaction_id: { type: 'char' },
      x_sweego_message_id: { type: 'char' },
      x_sweego_reason: { type: 'char' },
    },
  },
];
