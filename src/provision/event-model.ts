import type { DesiredRecord, FieldDefinition } from './desired-state.ts';

/** The history: one row for each event about one recipient of one message. */
export const eventModel = 'x_sweego_event';

const field = (
  name: string,
  type: FieldDefinition['type'],
  label: string,
  help: string,
  more: Partial<FieldDefinition> = {},
): FieldDefinition => ({ model: eventModel, name, type, label, help, ...more });

export const eventFields: readonly FieldDefinition[] = [
  field('x_mail_message_id', 'many2one', 'Message', 'The message. Empty once Odoo has deleted it.', {
    relation: 'mail.message',
    index: true,
  }),
  field(
    'x_message_id',
    'char',
    'Message-Id',
    'Odoo’s Message-Id. The event keeps it when the message is deleted.',
    {
      index: true,
    },
  ),
  field('x_mail_id', 'integer', 'Mail', 'Id of the mail. The statistics of a mailing campaign refer to it.'),
  field('x_model', 'char', 'Document model', 'Model of the document that the message belongs to.'),
  field('x_res_id', 'integer', 'Document id', 'Id of the document that the message belongs to.'),
  field('x_recipient', 'char', 'Recipient', 'The address that the event is about.'),
  field('x_type', 'char', 'Event', 'Sweego’s event type.'),
  field('x_at', 'datetime', 'Date', 'When the event happened, by Sweego’s clock.'),
  field('x_swg_uid', 'char', 'Sweego swg_uid', 'One submission of one mail to one recipient.', {
    index: true,
  }),
  field('x_event_id', 'char', 'Sweego event_id', 'Identifies the event at Sweego.'),
  field('x_transaction_id', 'char', 'Sweego transaction_id', 'Identifies the SMTP transaction at Sweego.'),
  field('x_wire_id', 'char', 'Message-Id at the recipient', 'The Message-Id that Sweego put on the mail.', {
    index: true,
  }),
  field(
    'x_permanence',
    'char',
    'Permanence',
    'Whether a bounce is final: hard if it is, soft if Sweego may try again.',
  ),
  field('x_failure_type', 'char', 'Failure type', 'The failure type that Odoo shows.'),
  field('x_reason', 'char', 'Reason', 'The cause of the failure, as a code.'),
  field('x_line', 'text', 'Mail server’s answer', 'The answer as Sweego’s mail server wrote it down.'),
];

export const eventModelRecord: DesiredRecord = {
  externalId: 'model_sweego_event',
  model: 'ir.model',
  values: { name: 'Sweego event' },
  createOnly: { model: eventModel, state: 'manual' },
  naturalKey: ['model'],
};

/** Only administrators may read the history, as with mail.mail: it shows the recipients of all documents. */
export const eventModelRecords: readonly DesiredRecord[] = [
  {
    externalId: 'access_sweego_event',
    model: 'ir.model.access',
    values: {
      name: 'Sweego event: administrators',
      model_id: { model: eventModel },
      group_id: { ref: 'base.group_system' },
      perm_read: true,
      perm_write: false,
      perm_create: false,
      perm_unlink: true,
    },
  },
  {
    externalId: 'view_sweego_event_list',
    model: 'ir.ui.view',
    values: {
      name: 'x_sweego_event.list',
      model: eventModel,
      arch: `<list create="false" edit="false" default_order="x_at desc, id desc">
  <field name="x_at"/>
  <field name="x_type"/>
  <field name="x_recipient"/>
  <field name="x_model" optional="show"/>
  <field name="x_res_id" optional="show"/>
  <field name="x_reason" optional="show"/>
  <field name="x_line" optional="hide"/>
  <field name="x_message_id" optional="hide"/>
  <field name="x_swg_uid" optional="hide"/>
</list>`,
    },
  },
  {
    externalId: 'view_sweego_event_search',
    model: 'ir.ui.view',
    values: {
      name: 'x_sweego_event.search',
      model: eventModel,
      arch: `<search>
  <field name="x_recipient"/>
  <field name="x_message_id"/>
  <field name="x_swg_uid"/>
  <filter name="bounces" string="Bounces" domain="[('x_permanence', '!=', False)]"/>
  <filter name="complaints" string="Complaints" domain="[('x_type', '=', 'complaint')]"/>
  <filter name="by_type" string="Event" context="{'group_by': 'x_type'}"/>
  <filter name="by_reason" string="Reason" context="{'group_by': 'x_reason'}"/>
  <filter name="by_day" string="Day" context="{'group_by': 'x_at:day'}"/>
</search>`,
    },
  },
  {
    externalId: 'view_sweego_event_pivot',
    model: 'ir.ui.view',
    values: {
      name: 'x_sweego_event.pivot',
      model: eventModel,
      arch: '<pivot><field name="x_type" type="col"/><field name="x_at" interval="day" type="row"/></pivot>',
    },
  },
  {
    externalId: 'view_sweego_event_graph',
    model: 'ir.ui.view',
    values: {
      name: 'x_sweego_event.graph',
      model: eventModel,
      arch: '<graph stacked="1"><field name="x_at" interval="day"/><field name="x_type"/></graph>',
    },
  },
  {
    externalId: 'action_sweego_events',
    model: 'ir.actions.act_window',
    values: {
      name: 'Sweego events',
      res_model: eventModel,
      view_mode: 'list,pivot,graph',
      help: '<p>The events that Sweego reported about each mail.</p>',
    },
  },
  {
    externalId: 'menu_sweego_events',
    model: 'ir.ui.menu',
    values: {
      name: 'Sweego events',
      parent_id: { ref: 'base.menu_email' },
      action: { actionOf: 'action_sweego_events' },
      sequence: 90,
    },
  },
];
