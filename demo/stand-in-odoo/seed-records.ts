import { provisionVersion } from '../../src/odoo/bridge-actions.ts';
import type { Records } from './records.ts';

/** What a fresh database holds: one company with its e-mail domain, OdooBot, the administrator, the bridge. */
export function seedRecords(
  records: Records,
  { adminLogin }: { adminLogin: string },
  provisioned: boolean,
): { adminId: number; bridgeId: number } {
  const domain = records.create('mail.alias.domain', { name: 'odoo.example.com' });
  const company = records.create('res.company', {
    name: 'Example Company',
    alias_domain_id: domain.id,
    partner_id: records.create('res.partner', { name: 'Example Company', lang: 'en_US' }).id,
  });
  for (const model of ['res.partner', 'sale.order', 'ir.mail_server']) {
    records.create('ir.model', { name: records.model(model).label, model });
  }
  for (const [name, internal] of [
    ['comment', false],
    ['note', true],
  ] as const) {
    const subtype = records.create('mail.message.subtype', { name, internal });
    records.create('ir.model.data', {
      module: 'mail',
      name: `mt_${name}`,
      model: 'mail.message.subtype',
      res_id: subtype.id,
    });
  }
  records.create('res.lang', { name: 'English (US)', code: 'en_US' });

  const createUser = (name: string, login: string, email: string, share: boolean) => {
    const partner = records.create('res.partner', { name, email });
    return records.create('res.users', {
      login,
      partner_id: partner.id,
      company_id: company.id,
      share,
    }).id;
  };
  createUser('OdooBot', '__system__', 'odoobot@example.com', false);
  const adminId = createUser('Administrator', adminLogin, 'admin@example.com', false);
  const bridgeId = createUser('Sweego bridge', 'sweego-bridge', 'sweego-bridge@example.com', true);

  if (provisioned) {
    records.create('ir.config_parameter', {
      key: 'sweego_bridge.provision_version',
      value: String(provisionVersion),
    });
    for (const action of ['settings', 'read', 'apply', 'route', 'deliver', 'alert', 'pending', 'find']) {
      const row = records.create('ir.actions.server', {
        name: `Sweego bridge: ${action}`,
        code: action,
        create_uid: adminId,
      });
      records.create('ir.model.data', {
        module: 'sweego_bridge',
        name: `action_${action}`,
        model: 'ir.actions.server',
        res_id: row.id,
      });
    }
  }
  return { adminId, bridgeId };
}
