import type { DesiredRecord } from './desired-state.ts';

/** Where administrators choose Sweego and enter its secrets: a page of the outgoing mail server's form. */
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
];
