import type { Odoo } from '../../odoo/odoo.ts';
import { createOdooRecords } from '../../odoo/records.ts';
import type { OdooRecords } from '../../odoo/records.ts';
import type { PlannedChange } from '../../provision/desired-state.ts';
import { planRemoval } from '../../provision/plan.ts';
import { removeRecords } from './carry-out.ts';
import { readOwned } from './current-state.ts';

/**
 * Removes everything that `provision` created, and restores `auto_delete` on mails. The automation rule goes first, so
 * that no mail is signed while only a part of the rest exists. Mails that Odoo is sending (`outgoing`) are not written:
 * they stay in the list of sent mails afterwards.
 *
 * @returns the removals, in order
 * @throws BridgeError ODOO_*
 */
export async function removeBridge(odoo: Odoo): Promise<PlannedChange[]> {
  const records = createOdooRecords(odoo);
  const changes = planRemoval(await readOwned(records));
  await removeRecords(
    records,
    changes.filter(({ model }) => model === 'base.automation'),
  );
  await restoreAutoDelete(records, changes);
  const contact = await contactOfUser(records, changes);
  await removeRecords(records, changes);
  if (contact !== undefined) await records.unlink('res.partner', [contact]);
  for (const key of ['sweego_bridge.provision_version', 'sweego_bridge.reconcile_requested_at']) {
    await odoo.call({
      model: 'ir.config_parameter',
      method: 'set_param',
      arguments: { key, value: false },
    });
  }
  return changes;
}

/** The removals that `removeBridge` would make. */
export async function planBridgeRemoval(odoo: Odoo): Promise<PlannedChange[]> {
  return planRemoval(await readOwned(createOdooRecords(odoo)));
}

async function restoreAutoDelete(records: OdooRecords, changes: readonly PlannedChange[]): Promise<void> {
  const provisioned = changes.some(
    (change) => change.action === 'remove' && change.externalId === 'field_mail_mail__x_sweego_auto_delete',
  );
  if (!provisioned) return;
  const mails = await records.search(
    'mail.mail',
    [
      ['x_sweego_auto_delete', '=', true],
      ['state', '!=', 'outgoing'],
    ],
    ['id'],
  );
  if (mails.length > 0) {
    await records.write(
      'mail.mail',
      mails.map((mail) => mail.id),
      { auto_delete: true },
    );
  }
}

/** Odoo creates a contact for each user, and keeps it when the user is removed. */
async function contactOfUser(
  records: OdooRecords,
  changes: readonly PlannedChange[],
): Promise<number | undefined> {
  const ids = changes.flatMap((change) =>
    change.action === 'remove' && change.model === 'res.users' ? [change.id] : [],
  );
  const [user] =
    ids.length === 0 ? [] : await records.search('res.users', [['id', 'in', ids]], ['partner_id']);
  const partner = user?.['partner_id'];
  return Array.isArray(partner) ? Number(partner[0]) : undefined;
}
