import { normalizedAddress, selectionOf, textOf } from './field.ts';
import type { Model } from './field.ts';

/** What the bridge and the demo touch of base, sale and mail's configuration. */
export const baseModels: readonly Model[] = [
  {
    name: 'res.partner',
    label: 'Contact',
    isMailThread: true,
    fields: {
      name: { type: 'char' },
      email: { type: 'char' },
      email_normalized: { type: 'char', compute: (row) => normalizedAddress(row['email']) },
      lang: { type: 'char' },
      active: { type: 'boolean', default: true },
      company_id: { type: 'many2one', relation: 'res.company' },
    },
  },
  {
    name: 'res.users',
    label: 'User',
    fields: {
      login: { type: 'char', required: true },
      partner_id: { type: 'many2one', relation: 'res.partner', required: true },
      name: { type: 'char', related: ['partner_id', 'name'] },
      email: { type: 'char', related: ['partner_id', 'email'] },
      company_id: { type: 'many2one', relation: 'res.company' },
      /** A portal user, not an internal one. */
      share: { type: 'boolean' },
      active: { type: 'boolean', default: true },
    },
  },
  {
    name: 'res.company',
    label: 'Companies',
    fields: {
      name: { type: 'char', required: true },
      alias_domain_id: { type: 'many2one', relation: 'mail.alias.domain' },
      partner_id: { type: 'many2one', relation: 'res.partner' },
    },
  },
  {
    name: 'res.lang',
    label: 'Languages',
    fields: {
      name: { type: 'char', required: true },
      code: { type: 'char', required: true },
      active: { type: 'boolean', default: true },
    },
  },
  {
    name: 'mail.alias.domain',
    label: 'Email Domain',
    fields: {
      name: { type: 'char', required: true },
      bounce_alias: { type: 'char', default: 'bounce' },
      catchall_alias: { type: 'char', default: 'catchall' },
      bounce_email: { type: 'char', compute: (row) => atDomain(row, 'bounce_alias') },
      catchall_email: { type: 'char', compute: (row) => atDomain(row, 'catchall_alias') },
    },
  },
  {
    name: 'ir.mail_server',
    label: 'Mail Server',
    fields: {
      name: { type: 'char', required: true },
      active: { type: 'boolean', default: true },
      sequence: { type: 'integer', default: 10 },
      from_filter: { type: 'char' },
      smtp_host: { type: 'char' },
      smtp_port: { type: 'integer', default: 25 },
      smtp_user: { type: 'char' },
      smtp_pass: { type: 'char' },
      smtp_encryption: {
        type: 'selection',
        selection: selectionOf('none', 'starttls_strict', 'starttls', 'ssl_strict', 'ssl'),
        default: 'none',
      },
      smtp_authentication: {
        type: 'selection',
        selection: selectionOf('login', 'certificate', 'cli'),
        default: 'login',
      },
      x_sweego_enabled: { type: 'boolean' },
      x_sweego_outbound_webhook_secret: { type: 'char' },
      x_sweego_inbound_webhook_secret: { type: 'char' },
      x_sweego_previous_outbound_secret: { type: 'char' },
      x_sweego_previous_inbound_secret: { type: 'char' },
      x_sweego_delete_on_sent: { type: 'boolean' },
      x_sweego_show_auto_replies: { type: 'boolean' },
      x_sweego_feed_blacklist: { type: 'boolean' },
      x_sweego_count_bounces: { type: 'boolean' },
      x_sweego_alert_user_id: { type: 'many2one', relation: 'res.users' },
    },
  },
  {
    name: 'sale.order',
    label: 'Sales Order',
    isMailThread: true,
    fields: {
      name: { type: 'char', default: 'New' },
      partner_id: { type: 'many2one', relation: 'res.partner', required: true },
      company_id: { type: 'many2one', relation: 'res.company', default: 1 },
      state: {
        type: 'selection',
        selection: selectionOf('draft', 'sent', 'sale', 'cancel'),
        default: 'draft',
      },
    },
  },
  {
    name: 'ir.actions.server',
    label: 'Server Action',
    fields: {
      name: { type: 'char', required: true },
      code: { type: 'text' },
      create_uid: { type: 'many2one', relation: 'res.users' },
    },
  },
  {
    name: 'ir.model.data',
    label: 'Model Data',
    fields: {
      module: { type: 'char', required: true },
      name: { type: 'char', required: true },
      model: { type: 'char', required: true },
      res_id: { type: 'integer' },
    },
  },
  {
    name: 'ir.config_parameter',
    label: 'System Parameter',
    displayField: 'key',
    fields: { key: { type: 'char', required: true }, value: { type: 'text', required: true } },
  },
];

function atDomain(row: Readonly<Record<string, unknown>>, aliasField: string): string | false {
  const alias = textOf(row[aliasField]);
  return alias === '' ? false : `${alias}@${textOf(row['name'])}`;
}
