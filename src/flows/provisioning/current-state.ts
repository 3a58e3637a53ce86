import { bridgeError } from '../../errors.ts';
import type { OdooRecords } from '../../odoo/records.ts';
import { externalIdModule } from '../../provision/desired-state.ts';
import type { DesiredRecord, DesiredValue } from '../../provision/desired-state.ts';
import type { CurrentState } from '../../provision/plan.ts';

/**
 * Reads from the database what planning needs: our external ids, the ids of Odoo's own records that ours refer to, and
 * the values of our records.
 *
 * @param absentModels models that do not exist yet, because their module is not installed; they are not read
 * @throws BridgeError ODOO_*
 */
export async function readCurrentState(
  records: OdooRecords,
  desired: readonly DesiredRecord[],
  absentModels: ReadonlySet<string>,
): Promise<CurrentState> {
  const owned = await readOwned(records);
  const ids = new Map(owned.map((row) => [row.externalId, row.id]));
  for (const [reference, id] of await readForeignIds(records, desired)) ids.set(reference, id);
  const modelIds = await readModelIds(records, desired);
  const adoptable = new Map<string, number>();
  for (const record of desired) {
    if (ids.has(record.externalId) || absentModels.has(record.model)) continue;
    await refuseForeignField(records, record);
    const found = await findByNaturalKey(records, record, record.naturalKey ?? ['name']);
    if (found !== undefined) adoptable.set(record.externalId, found);
  }
  const values = new Map<string, Record<string, unknown>>();
  for (const record of desired) {
    const id = ids.get(record.externalId);
    if (id === undefined || absentModels.has(record.model)) continue;
    const [row] = await records.search(record.model, [['id', '=', id]], Object.keys(record.values));
    if (row !== undefined) values.set(record.externalId, row);
  }
  return { ids, modelIds, adoptable, values, owned };
}

/** Every record with one of our external ids. */
export async function readOwned(records: OdooRecords): Promise<CurrentState['owned']> {
  const rows = await records.search(
    'ir.model.data',
    [['module', '=', externalIdModule]],
    ['name', 'model', 'res_id'],
  );
  return rows.map((row) => ({
    externalId: String(row['name']),
    model: String(row['model']),
    id: Number(row['res_id']),
  }));
}

/** Database ids for external ids of Odoo, such as `base.group_portal`. */
async function readForeignIds(
  records: OdooRecords,
  desired: readonly DesiredRecord[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const reference of new Set(desired.flatMap(referencesOf).filter((name) => name.includes('.')))) {
    const [module, name] = splitReference(reference);
    const [row] = await records.search(
      'ir.model.data',
      [
        ['module', '=', module],
        ['name', '=', name],
      ],
      ['res_id'],
    );
    if (row !== undefined) found.set(reference, Number(row['res_id']));
  }
  return found;
}

async function readModelIds(
  records: OdooRecords,
  desired: readonly DesiredRecord[],
): Promise<Map<string, number>> {
  const names = new Set(
    desired
      .flatMap(valuesOf)
      .flatMap((value) => (typeof value === 'object' && 'model' in value ? [value.model] : [])),
  );
  const rows = await records.search('ir.model', [['model', 'in', [...names]]], ['model']);
  return new Map(rows.map((row) => [String(row['model']), row.id]));
}

/**
 * Refuses a field of this name that the bridge did not create: `--remove` would delete somebody's data with it.
 *
 * @throws BridgeError PROVISION_FIELD_TAKEN
 */
async function refuseForeignField(records: OdooRecords, record: DesiredRecord): Promise<void> {
  if (record.model !== 'ir.model.fields') return;
  const model = record.createOnly?.['model'];
  const name = record.createOnly?.['name'];
  if (typeof model !== 'string' || typeof name !== 'string') return;
  const domain = [
    ['model', '=', model],
    ['name', '=', name],
  ];
  const [row] = await records.search('ir.model.fields', domain, ['ttype', 'help']);
  if (row === undefined) return;
  if (row['ttype'] === record.createOnly?.['ttype'] && row['help'] === record.values['help']) return;
  const what = `This database has a field ${name} on ${model} that the bridge did not make`;
  throw bridgeError('PROVISION_FIELD_TAKEN', what, { details: { model, field: name } });
}

async function findByNaturalKey(
  records: OdooRecords,
  record: DesiredRecord,
  key: readonly string[],
): Promise<number | undefined> {
  const values = { ...record.createOnly, ...record.values };
  const domain = key.map((name) => [name, '=', values[name]]);
  const [row] = await records.search(record.model, domain, ['id']);
  return row?.id;
}

function valuesOf(record: DesiredRecord): DesiredValue[] {
  return [...Object.values(record.values), ...Object.values(record.createOnly ?? {})];
}

function referencesOf(record: DesiredRecord): string[] {
  return valuesOf(record).flatMap((value) => {
    if (typeof value !== 'object') return [];
    if ('ref' in value) return [value.ref];
    return 'refs' in value ? [...value.refs] : [];
  });
}

function splitReference(reference: string): [string, string] {
  const dot = reference.indexOf('.');
  return [reference.slice(0, dot), reference.slice(dot + 1)];
}
