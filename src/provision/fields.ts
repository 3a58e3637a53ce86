import type { DesiredRecord } from './desired-state.ts';
import { eventFields } from './event-model.ts';
import type { FieldDefinition } from './field-definition.ts';

/**
 * What counts as pending, derived and never stored: so nothing has to run when Odoo writes a mail, nor to let go
 * of those that nobody has told of for 30 days (actions/pending.py).
 */
const isPending =
  "record.x_sweego_relayed and record.state == 'sent' and not record.x_sweego_confirmed and record.write_date and " +
  'record.write_date >= datetime.datetime.now() - datetime.timedelta(days=30)';
const pendingDepends = 'x_sweego_relayed,state,x_sweego_confirmed,write_date';

/**
 * The manual fields on Odoo's own models. No index on any of them: mail.message and mail.notification are
 * large tables, and building an index there blocks all mail while it runs.
 */
const definitions: readonly FieldDefinition[] = [
  {
    model: 'ir.mail_server',
    name: 'x_sweego_enabled',
    type: 'boolean',
    label: 'Sweego',
    help: 'Mails sent through this server are followed and signed by the Sweego bridge.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_outbound_webhook_secret',
    type: 'char',
    label: 'Sweego outbound webhook secret',
    help: 'Base64 text as shown by Sweego. It verifies outbound webhooks and signs Reply-To addresses.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_inbound_webhook_secret',
    type: 'char',
    label: 'Sweego inbound webhook secret',
    help: 'Base64 text as shown by Sweego. It verifies webhooks that carry replies.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_previous_outbound_secret',
    type: 'char',
    label: 'Previous Sweego outbound webhook secret',
    help: 'Still accepted, so that nothing in flight is lost while the secret is replaced.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_previous_inbound_secret',
    type: 'char',
    label: 'Previous Sweego inbound webhook secret',
    help: 'Still accepted, so that nothing in flight is lost while the secret is replaced.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_delete_on_sent',
    type: 'boolean',
    label: 'Delete after delivery',
    help: 'Mails that Odoo would delete after sending are kept until Sweego has confirmed their delivery.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_show_auto_replies',
    type: 'boolean',
    label: 'Show automatic replies',
    help: 'Absence notices and other automatic replies appear on the document they answer.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_feed_blacklist',
    type: 'boolean',
    label: 'Blacklist who unsubscribes',
    help: 'Addresses that unsubscribe through Sweego or complain of spam are put on Odoo’s blacklist.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_count_bounces',
    type: 'boolean',
    label: 'Count bounces of contacts',
    help: 'A mail to an address that does not exist counts on the bounce counter of its contacts.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_alert_user_id',
    type: 'many2one',
    relation: 'res.users',
    label: 'Sweego alerts go to',
    help: 'Gets an activity for each reply that could not be placed. Without a choice: who set up the bridge.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_contact_at',
    type: 'datetime',
    label: 'Last contact of the Sweego bridge',
    help: 'When the bridge last asked for its settings, which it does every minute.',
  },
  {
    model: 'mail.activity',
    name: 'x_sweego_key',
    type: 'char',
    label: 'Sweego inbox entry',
    help: 'What the bridge shows by this activity: the parked reply with this number, for example.',
  },
  {
    model: 'mail.mail',
    name: 'x_sweego_relayed',
    type: 'boolean',
    label: 'Sent through Sweego',
    help: 'This mail was prepared for a Sweego server.',
  },
  {
    model: 'mail.mail',
    name: 'x_sweego_auto_delete',
    type: 'boolean',
    label: 'Delete after delivery',
    help: 'Odoo would have deleted this mail after sending; it is deleted once Sweego has confirmed delivery.',
  },
  {
    model: 'mail.mail',
    name: 'x_sweego_confirmed',
    type: 'boolean',
    label: 'Delivery confirmed by Sweego',
    help: 'Sweego has confirmed delivery to every recipient.',
  },
  {
    model: 'mail.mail',
    name: 'x_sweego_original_recipients',
    type: 'text',
    label: 'Sweego: all recipients',
    help: 'Kept aside while this mail lists only those who failed, so that Retry reaches nobody else (JSON).',
  },
  {
    model: 'mail.mail',
    name: 'x_sweego_pending_delete',
    type: 'boolean',
    label: 'Waiting for Sweego',
    help: 'Sent within 30 days, and Sweego has not confirmed delivery to every recipient yet.',
    compute: {
      code: `for record in self:\n    record['x_sweego_pending_delete'] = bool(${isPending})`,
      depends: pendingDepends,
    },
  },
  {
    model: 'mail.mail',
    name: 'x_sweego_pending_since',
    type: 'datetime',
    label: 'Waiting for Sweego since',
    help: 'When this mail was sent.',
    compute: {
      code: `for record in self:\n    record['x_sweego_pending_since'] = record.write_date if ${isPending} else False`,
      depends: pendingDepends,
    },
  },
  {
    model: 'mail.notification',
    name: 'x_sweego_status',
    type: 'char',
    label: 'Sweego status',
    help: 'The last Sweego event that counted for this recipient.',
  },
  {
    model: 'mail.notification',
    name: 'x_sweego_status_at',
    type: 'datetime',
    label: 'Sweego status date',
    help: 'When that event happened, by Sweego’s clock.',
  },
  {
    model: 'mail.notification',
    name: 'x_sweego_uid',
    type: 'char',
    label: 'Sweego swg_uid',
    help: 'Identifies the submission of this mail to this recipient at Sweego.',
  },
  {
    model: 'mail.notification',
    name: 'x_sweego_transaction_id',
    type: 'char',
    label: 'Sweego transaction_id',
    help: 'Identifies the SMTP transaction at Sweego.',
  },
  {
    model: 'mail.notification',
    name: 'x_sweego_message_id',
    type: 'char',
    label: 'Message-Id at the recipient',
    help: 'The Message-Id that Sweego put on the mail; replies refer to it.',
  },
  {
    model: 'mail.notification',
    name: 'x_sweego_reason',
    type: 'char',
    label: 'Sweego reason',
    help: 'Why the last failure happened, as a code.',
  },
  {
    model: 'mail.message',
    name: 'x_sweego_message_id',
    type: 'char',
    label: 'Sweego transaction_id',
    help: 'Identifies the mail at Sweego. Read from the notifications, so the bridge never writes a message.',
    related: 'notification_ids.x_sweego_transaction_id',
  },
];

/** Fields on Odoo's models, and those of the history. */
export const fieldRecords: readonly DesiredRecord[] = [...definitions, ...eventFields].map(fieldRecord);

function fieldRecord(field: FieldDefinition): DesiredRecord {
  const { compute, related, relation } = field;
  return {
    externalId: `field_${field.model.replaceAll('.', '_')}__${field.name}`,
    model: 'ir.model.fields',
    values: {
      field_description: field.label,
      help: field.help,
      ...(compute === undefined ? {} : { compute: compute.code, depends: compute.depends }),
    },
    createOnly: {
      model_id: { model: field.model },
      model: field.model,
      name: field.name,
      ttype: field.type,
      state: 'manual',
      copied: false,
      ...(related === undefined ? {} : { related, store: false, readonly: true }),
      ...(compute === undefined ? {} : { store: false, readonly: true }),
      ...(relation === undefined ? {} : { relation, on_delete: 'set null' }),
      ...(field.index === undefined ? {} : { index: true }),
    },
    naturalKey: ['model', 'name', 'ttype', 'help'],
  };
}
