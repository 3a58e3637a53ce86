import { active, boolean, integer, many2one, selection, text } from '../records/field.ts';
import type { Model } from '../records/field.ts';

/** What the bridge, the demo and the tests touch of base, of sale, and of mail's configuration. */
export const baseModels: readonly Model[] = [
  {
    name: 'res.partner',
    documentName: 'Contact',
    fields: { name: text, email: text, lang: text, active },
  },
  {
    name: 'res.users',
    fields: {
      login: text,
      partner_id: many2one('res.partner'),
      name: { ...text, related: ['partner_id', 'name'] },
      email: { ...text, related: ['partner_id', 'email'] },
      /** A portal user, not an internal one. */
      share: boolean,
      active,
    },
  },
  { name: 'res.company', fields: { name: text, partner_id: many2one('res.partner') } },
  { name: 'res.lang', fields: { code: text, active } },
  {
    name: 'sale.order',
    documentName: 'Sales Order',
    fields: { name: text, partner_id: many2one('res.partner') },
  },
  {
    name: 'ir.mail_server',
    fields: {
      name: text,
      active,
      /** One domain. */
      from_filter: text,
      smtp_host: text,
      smtp_port: { ...integer, default: 25 },
      smtp_encryption: selection(['none'], 'none'),
      x_sweego_enabled: boolean,
      x_sweego_outbound_webhook_secret: text,
      x_sweego_inbound_webhook_secret: text,
      x_sweego_previous_outbound_secret: text,
      x_sweego_previous_inbound_secret: text,
      x_sweego_delete_on_sent: boolean,
      x_sweego_show_auto_replies: boolean,
      x_sweego_feed_blacklist: boolean,
      x_sweego_count_bounces: boolean,
    },
  },
  { name: 'ir.model', fields: { model: text } },
  { name: 'ir.model.data', fields: { module: text, name: text, model: text, res_id: integer } },
  { name: 'ir.config_parameter', fields: { key: text, value: text } },
  { name: 'ir.actions.server', fields: { code: text, create_uid: many2one('res.users') } },
];
