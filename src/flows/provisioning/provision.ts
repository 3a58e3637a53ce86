import { bridgeError } from '../../errors.ts';
import { provisionVersion } from '../../odoo/bridge-actions.ts';
import type { Odoo } from '../../odoo/odoo.ts';
import { createOdooRecords } from '../../odoo/records.ts';
import type { OdooRecords } from '../../odoo/records.ts';
import { bridgeRecords, conflictingModule, requiredModules } from '../../provision/bridge-records.ts';
import type { ActionSources } from '../../provision/bridge-records.ts';
import type { DesiredRecord, PlannedChange } from '../../provision/desired-state.ts';
import { planProvisioning } from '../../provision/plan.ts';
import type { CurrentState } from '../../provision/plan.ts';
import { userExternalId } from './bridge-user.ts';
import { carryOutChanges } from './carry-out.ts';
import { readCurrentState } from './current-state.ts';

const installedStates = ['installed', 'to upgrade'];

type ProvisionDeps = {
  /** Odoo as an administrator, not as the bridge's user. */
  odoo: Odoo;
  sources: ActionSources;
};

/**
 * Returns the changes that `provision` would make, and makes none.
 *
 * @throws BridgeError PROVISION_RIGHTS (not a system administrator), PROVISION_CONFLICT (the public module
 *   for Sweego is installed), ODOO_*
 */
export async function planBridge(deps: ProvisionDeps): Promise<PlannedChange[]> {
  const records = createOdooRecords(deps.odoo);
  await requireAdministrator(deps.odoo);
  await refuseConflictingModule(records);
  const missing = await missingModules(records);
  return (await plan(records, bridgeRecords(deps.sources), missing)).changes;
}

/**
 * Creates everything that the bridge needs in the database. It writes only differences: a second run changes nothing,
 * and the next run completes one that was interrupted.
 *
 * @returns the changes that were made, in order
 * @throws BridgeError PROVISION_RIGHTS, PROVISION_CONFLICT, ODOO_*
 */
export async function provisionBridge(deps: ProvisionDeps): Promise<PlannedChange[]> {
  const records = createOdooRecords(deps.odoo);
  await requireAdministrator(deps.odoo);
  await refuseConflictingModule(records);
  const installed = await installModules(deps.odoo, records);
  const desired = bridgeRecords(deps.sources);
  const { changes, current } = await plan(records, desired, []);
  await carryOutChanges(records, desired, changes, current);
  await recordVersion(deps.odoo);
  return [...installed, ...changes];
}

async function plan(
  records: OdooRecords,
  desired: readonly DesiredRecord[],
  missing: readonly string[],
): Promise<{ changes: PlannedChange[]; current: CurrentState }> {
  const absentModels = new Set(missing.includes('base_automation') ? ['base.automation'] : []);
  const current = await readCurrentState(records, desired, absentModels);
  const installs = missing.map(installation);
  return { changes: [...installs, ...planProvisioning(desired, current, [userExternalId])], current };
}

async function requireAdministrator(odoo: Odoo): Promise<void> {
  const allowed = await odoo.call({
    model: 'ir.model.fields',
    method: 'has_access',
    ids: [],
    arguments: { operation: 'create' },
  });
  if (allowed === true) return;
  throw bridgeError('PROVISION_RIGHTS', 'The user of PROVISION_LOGIN may not change Odoo’s settings', {
    details: { variable: 'PROVISION_LOGIN' },
  });
}

async function refuseConflictingModule(records: OdooRecords): Promise<void> {
  const found = await records.search(
    'ir.module.module',
    [
      ['name', '=', conflictingModule],
      ['state', 'in', [...installedStates, 'to install']],
    ],
    ['state'],
  );
  if (found.length === 0) return;
  const what = `The module ${conflictingModule} is installed, and it rewrites Reply-To as the bridge does`;
  throw bridgeError('PROVISION_CONFLICT', what, { details: { module: conflictingModule } });
}

async function missingModules(records: OdooRecords): Promise<string[]> {
  const rows = await records.search(
    'ir.module.module',
    [
      ['name', 'in', [...requiredModules]],
      ['state', 'in', installedStates],
    ],
    ['name'],
  );
  const present = rows.map((row) => row['name']);
  return requiredModules.filter((name) => !present.includes(name));
}

async function installModules(odoo: Odoo, records: OdooRecords): Promise<PlannedChange[]> {
  const missing = await missingModules(records);
  if (missing.length === 0) return [];
  const rows = await records.search('ir.module.module', [['name', 'in', missing]], ['name']);
  await odoo.call({
    model: 'ir.module.module',
    method: 'button_immediate_install',
    ids: rows.map((row) => row.id),
    timeoutMs: 600_000,
  });
  return missing.map(installation);
}

function installation(name: string): PlannedChange {
  return { action: 'install', model: 'ir.module.module', name };
}

async function recordVersion(odoo: Odoo): Promise<void> {
  await odoo.call({
    model: 'ir.config_parameter',
    method: 'set_param',
    arguments: { key: 'sweego_bridge.provision_version', value: String(provisionVersion) },
  });
}
