import { selectionOf, textOf } from './field.ts';
import type { Model } from './field.ts';

/** What Odoo's mail gateway looks at, and the activities that tell of what could not be placed. */
export const gatewayModels: readonly Model[] = [
  {
    name: 'ir.model',
    label: 'Models',
    fields: { name: { type: 'char' }, model: { type: 'char' } },
  },
  {
    name: 'mail.alias',
    label: 'Email Aliases',
    displayField: 'alias_name',
    fields: {
      alias_name: { type: 'char', required: true },
      alias_domain_id: { type: 'many2one', relation: 'mail.alias.domain' },
      alias_model_id: { type: 'many2one', relation: 'ir.model', required: true },
      alias_force_thread_id: { type: 'integer' },
      alias_contact: {
        type: 'selection',
        selection: selectionOf('everyone', 'partners', 'followers'),
        default: 'everyone',
      },
      alias_full_name: {
        type: 'char',
        compute: (row, store) => {
          const domain = store.find('mail.alias.domain', Number(row['alias_domain_id']));
          return domain === undefined
            ? row['alias_name']
            : `${textOf(row['alias_name'])}@${textOf(domain['name'])}`;
        },
      },
    },
  },
  {
    name: 'mail.message.subtype',
    label: 'Message subtypes',
    fields: { name: { type: 'char' }, internal: { type: 'boolean' } },
  },
  {
    name: 'mail.activity',
    label: 'Activity',
    displayField: 'summary',
    fields: {
      x_sweego_key: { type: 'char' },
      summary: { type: 'char' },
      note: { type: 'html' },
      user_id: { type: 'many2one', relation: 'res.users' },
      res_model: { type: 'char' },
      active: { type: 'boolean', default: true },
    },
  },
];
