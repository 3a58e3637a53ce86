import { provisionVersion } from '../../../src/odoo/bridge-actions.ts';
import type { Records } from '../records/records.ts';

/**
 * What a fresh database holds: a company with its e-mail domain, OdooBot, the administrator and the bridge's user.
 *
 * @param actionNames of the provisioned actions; none in a database that is not provisioned
 */
export function seedRecords(
  records: Records,
  adminLogin: string,
  actionNames: readonly string[],
): { adminId: number; bridgeId: number } {
  const createPartner = (values: object) => records.create('res.partner', { ...values }).id;
  const createUser = (name: string, login: string, email: string) =>
    records.create('res.users', { login, partner_id: createPartner({ name, email }) }).id;
  const nameRecord = (module: string, name: string, model: string, id: number) =>
    records.create('ir.model.data', { module, name, model, res_id: id });

  records.create('mail.alias.domain', { name: 'odoo.example.com' });
  const companyPartner = createPartner({ name: 'Example Company', lang: 'en_US' });
  records.create('res.company', { name: 'Example Company', partner_id: companyPartner });
  records.create('res.lang', { code: 'en_US' });
  for (const model of ['res.partner', 'sale.order']) records.create('ir.model', { model });
  for (const name of ['comment', 'note']) {
    const { id } = records.create('mail.message.subtype', { name, internal: name === 'note' });
    nameRecord('mail', `mt_${name}`, 'mail.message.subtype', id);
  }
  createUser('OdooBot', '__system__', 'odoobot@example.com');
  const adminId = createUser('Administrator', adminLogin, 'admin@example.com');
  const bridgeId = createUser('Sweego bridge', 'sweego-bridge', 'sweego-bridge@example.com');
  records.write('res.users', [bridgeId], { share: true });

  if (actionNames.length > 0) {
    const version = { key: 'sweego_bridge.provision_version', value: String(provisionVersion) };
    records.create('ir.config_parameter', version);
  }
  for (const code of actionNames) {
    const { id } = records.create('ir.actions.server', { code, create_uid: adminId });
    nameRecord('sweego_bridge', `action_${code}`, 'ir.actions.server', id);
  }
  return { adminId, bridgeId };
}
