import type { DesiredRecord } from './desired-state.ts';

/**
 * The page on the outgoing mail server's form where administrators choose Sweego and enter its secrets, and the views
 * that show the state of a mail.
 */
export const viewRecords: readonly DesiredRecord[] = [
  {
    externalId: 'view_mail_server_form',
    model: 'ir.ui.view',
    values: {
      name: 'ir.mail_server.form.sweego_bridge',
      model: 'ir.mail_server',
      inherit_id: { ref: 'base.ir_mail_server_form' },
      mode: 'extension',
      arch: `<data>
  <xpath expr="//notebook" position="inside">
    <page name="sweego" string="Sweego">
      <group>
        <field name="x_sweego_enabled"/>
        <field name="x_sweego_outbound_webhook_secret" password="True" invisible="not x_sweego_enabled" required="x_sweego_enabled"/>
        <field name="x_sweego_inbound_webhook_secret" password="True" invisible="not x_sweego_enabled"/>
        <field name="x_sweego_delete_on_sent" invisible="not x_sweego_enabled"/>
        <field name="x_sweego_show_auto_replies" invisible="not x_sweego_enabled"/>
        <field name="x_sweego_feed_blacklist" invisible="not x_sweego_enabled"/>
        <field name="x_sweego_count_bounces" invisible="not x_sweego_enabled"/>
        <field name="x_sweego_contact_at" readonly="1" invisible="not x_sweego_enabled"/>
        <field name="x_sweego_alert_user_id" invisible="not x_sweego_enabled" domain="[('share', '=', False)]"/>
      </group>
      <group string="While a secret is being replaced" invisible="not x_sweego_enabled">
        <field name="x_sweego_previous_outbound_secret" password="True"/>
        <field name="x_sweego_previous_inbound_secret" password="True"/>
      </group>
    </page>
  </xpath>
</data>`,
    },
  },
  {
    externalId: 'view_mail_list',
    model: 'ir.ui.view',
    values: {
      name: 'mail.mail.list.sweego_bridge',
      model: 'mail.mail',
      inherit_id: { ref: 'mail.view_mail_tree' },
      mode: 'extension',
      arch: `<data>
  <xpath expr="//field[@name='state']" position="after">
    <field name="x_sweego_pending_delete" optional="show"/>
    <field name="x_sweego_pending_since" optional="hide"/>
    <field name="x_sweego_confirmed" optional="hide"/>
  </xpath>
</data>`,
    },
  },
  {
    externalId: 'view_mail_search',
    model: 'ir.ui.view',
    values: {
      name: 'mail.mail.search.sweego_bridge',
      model: 'mail.mail',
      inherit_id: { ref: 'mail.view_mail_search' },
      mode: 'extension',
      arch: `<data>
  <xpath expr="//filter[@name='exception']" position="after">
    <filter name="sweego_pending" string="Waiting for Sweego" domain="[('x_sweego_relayed', '=', True), ('state', '=', 'sent'), ('x_sweego_confirmed', '=', False), ('write_date', '&gt;=', (context_today() - relativedelta(days=30)).strftime('%Y-%m-%d'))]"/>
  </xpath>
</data>`,
    },
  },
  {
    externalId: 'view_mail_form',
    model: 'ir.ui.view',
    values: {
      name: 'mail.mail.form.sweego_bridge',
      model: 'mail.mail',
      inherit_id: { ref: 'mail.view_mail_form' },
      mode: 'extension',
      arch: {
        idsOf: ['action_sweego_events'],
        template: `<data>
  <xpath expr="//page[@name='body']" position="after">
    <page name="sweego" string="Sweego" invisible="not x_sweego_relayed">
      <group>
        <field name="message_id" invisible="1"/>
        <field name="x_sweego_relayed" invisible="1"/>
        <field name="x_sweego_pending_delete"/>
        <field name="x_sweego_pending_since" invisible="not x_sweego_pending_delete"/>
        <field name="x_sweego_confirmed" readonly="1"/>
        <field name="x_sweego_auto_delete" readonly="1"/>
        <field name="x_sweego_original_recipients" readonly="1" invisible="not x_sweego_original_recipients"/>
      </group>
      <button name="%ids%" type="action" string="Sweego events" class="btn-secondary" context="{'search_default_x_message_id': message_id}"/>
    </page>
  </xpath>
</data>`,
      },
    },
  },
];
