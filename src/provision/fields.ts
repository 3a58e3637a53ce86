import type { DesiredRecord, FieldDefinition } from './desired-state.ts';
import { eventFields } from './event-model.ts';

/**
 * When a mail counts as pending. Computed and never stored, so that nothing has to run when Odoo writes a mail or
 * when 30 days have passed without news (actions/pending.py).
 */
const isPending =
  "record.x_sweego_relayed and record.state == 'sent' and not record.x_sweego_confirmed and record.write_date and " +
  'record.write_date >= datetime.datetime.now() - datetime.timedelta(days=30)';
const pendingDepends = 'x_sweego_relayed,state,x_sweego_confirmed,write_date';

/**
 * The manual fields on Odoo's own models. None has an index: mail.message and mail.notification are large tables,
 * and building an index on them blocks all mail while it runs.
 */
const definitions: readonly FieldDefinition[] = [
  {
    model: 'ir.mail_server',
    name: 'x_sweego_enabled',
    type: 'boolean',
    label: 'Sweego',
    help: 'The Sweego bridge follows the mails sent through this server, and signs their reply addresses.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_outbound_webhook_secret',
    type: 'char',
    label: 'Sweego outbound webhook secret',
    help: 'The base64 text that Sweego shows. It verifies outbound webhooks and signs Reply-To addresses.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_inbound_webhook_secret',
    type: 'char',
    label: 'Sweego inbound webhook secret',
    help: 'The base64 text that Sweego shows. It verifies webhooks that carry replies.',
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
    label: 'Blacklist unsubscribed addresses',
    help: 'Puts an address on Odoo’s blacklist when its owner unsubscribes through Sweego or reports spam.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_count_bounces',
    type: 'boolean',
    label: 'Count bounces of contacts',
    help: 'A mail to an address that does not exist increases the bounce counter of its contacts.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_alert_user_id',
    type: 'many2one',
    relation: 'res.users',
    label: 'Sweego alerts go to',
    help: 'This user gets an activity for each problem that the bridge cannot solve, such as a reply without a document. If empty: the user who set up the bridge.',
  },
  {
    model: 'ir.mail_server',
    name: 'x_sweego_contact_at',
    type: 'datetime',
    label: 'Last contact of the Sweego bridge',
    help: 'When the bridge last read its settings. It reads them every minute.',
  },
  {
    model: 'mail.activity',
    name: 'x_sweego_key',
    type: 'char',
    label: 'Sweego inbox entry',
    help: 'The problem that the bridge shows with this activity, for example a parked reply.',
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
    help: 'Odoo would have deleted this mail after sending. It is deleted when Sweego has confirmed its delivery.',
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
    help: 'All recipients, as JSON. After a partial bounce the mail itself lists only the failed ones, so that Retry reaches nobody else.',
  },
  {
    model: 'mail.mail',
    name: 'x_sweego_pending_delete',
    type: 'boolean',
    label: 'Waiting for Sweego',
    help: 'Sent within the last 30 days, and Sweego has not confirmed delivery to every recipient yet.',
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
    help: 'The Message-Id that Sweego put on the mail. Replies refer to it.',
  },
  {
    model: 'mail.notification',
    name: 'x_sweego_reason',
    type: 'char',
    label: 'Sweego reason',
    help: 'The cause of the last failure, as a code.',
  },
  {
    model: 'mail.message',
    name: 'x_sweego_message_id',
    type: 'char',
    label: 'Sweego transaction_id',
    help: 'Identifies the mail at Sweego. Read from the notifications.',
    related: 'notification_ids.x_sweego_transaction_id',
  },
];

/** The fields on Odoo's models and on the history. */
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
