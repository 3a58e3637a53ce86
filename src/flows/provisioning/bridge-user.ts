import { bridgeError } from '../../errors.ts';
import { createApiKey } from '../../odoo/api-key.ts';
import type { Odoo } from '../../odoo/odoo.ts';
import { createOdooRecords } from '../../odoo/records.ts';
import type { OdooRecords } from '../../odoo/records.ts';
import { externalIdModule } from '../../provision/desired-state.ts';
import { bridgeGroup } from '../../provision/rights.ts';

/** External id of the bridge's own user. */
export const userExternalId = 'user_bridge';

const login = 'sweego-bridge';
const apiKeyName = 'sweego-odoo-bridge';

export type BridgeUser = {
  login: string;
  /** The new key in plain text; `null` when the user existed and no new key was requested. */
  api_key: string | null;
};

/**
 * Creates the portal user of the bridge, with the bridge's group and no other group. A portal user sees no mails,
 * messages or notifications, and does not count as a licensed user.
 *
 * @param newKey creates a new API key for an existing user too; the former key stops working
 * @throws BridgeError PROVISION_LOGIN_TAKEN (an internal user has this login), ODOO_*
 */
export async function ensureBridgeUser(odoo: Odoo, newKey: boolean): Promise<BridgeUser> {
  const records = createOdooRecords(odoo, { no_reset_password: true });
  const group = await findByExternalId(records, externalIdModule, bridgeGroup.externalId);
  const portal = await findByExternalId(records, 'base', 'group_portal');
  const [existing] = await records.search('res.users', [['login', '=', login]], ['share', 'active']);
  if (existing !== undefined) {
    if (existing['share'] !== true) {
      throw bridgeError('PROVISION_LOGIN_TAKEN', `An internal user already has the login ${login}`, {
        details: { login },
      });
    }
    await records.write('res.users', [existing.id], { active: true, group_ids: [[4, group, 0]] });
    await claimUser(records, existing.id);
    return { login, api_key: newKey ? await createApiKey(odoo, existing.id, apiKeyName) : null };
  }
  const [created] = await records.create('res.users', [
    { name: 'Sweego bridge', login, group_ids: [[6, 0, [portal, group]]] },
  ]);
  const id = created ?? 0;
  await claimUser(records, id);
  return { login, api_key: await createApiKey(odoo, id, apiKeyName) };
}

async function claimUser(records: OdooRecords, id: number): Promise<void> {
  const owned = await records.search(
    'ir.model.data',
    [
      ['module', '=', externalIdModule],
      ['name', '=', userExternalId],
    ],
    ['res_id'],
  );
  if (owned.some((row) => row['res_id'] === id)) return;
  if (owned.length > 0) {
    await records.unlink(
      'ir.model.data',
      owned.map((row) => row.id),
    );
  }
  await records.create('ir.model.data', [
    { module: externalIdModule, name: userExternalId, model: 'res.users', res_id: id, noupdate: true },
  ]);
}

async function findByExternalId(records: OdooRecords, module: string, name: string): Promise<number> {
  const [row] = await records.search(
    'ir.model.data',
    [
      ['module', '=', module],
      ['name', '=', name],
    ],
    ['res_id'],
  );
  if (row !== undefined) return Number(row['res_id']);
  throw bridgeError('PROVISION_REFERENCE', `This database lacks ${module}.${name}`, {
    fix: 'Run: sweego-odoo-bridge provision',
    details: { externalId: `${module}.${name}` },
  });
}
