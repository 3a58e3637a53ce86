import { bridgeError } from '../../errors.ts';
import type { BridgeError } from '../../errors.ts';
import type { OdooRecords } from '../../odoo/records.ts';
import { externalIdModule } from '../../provision/desired-state.ts';
import type { DesiredRecord, DesiredValue, PlannedChange } from '../../provision/desired-state.ts';
import { resolveValue } from '../../provision/plan.ts';
import type { CurrentState } from '../../provision/plan.ts';

/** Makes the planned changes, in their order. */
export async function carryOutChanges(
  records: OdooRecords,
  desired: readonly DesiredRecord[],
  changes: readonly PlannedChange[],
  current: CurrentState,
): Promise<void> {
  const ids = new Map(current.ids);
  const definitions = new Map(desired.map((record) => [record.externalId, record]));
  await createModels(records, definitions, changes, current, ids);
  await createFields(records, definitions, changes, current, ids);
  for (const change of changes) {
    if (change.action === 'install' || change.action === 'remove') continue;
    const record = definitions.get(change.externalId);
    if (
      record === undefined ||
      (change.action === 'create' && ['ir.model', 'ir.model.fields'].includes(change.model))
    ) {
      continue;
    }
    if (change.action === 'create') {
      const values = resolveAll(record, { ...record.createOnly, ...record.values }, ids, current);
      const [id] = await records.create(record.model, [values]);
      await giveExternalId(records, record, requireId(id, record), ids);
      // Odoo caches what the user may create, and refreshes that cache only when the new right is written once more.
      if (record.model === 'ir.model.access') {
        await records.write(record.model, [requireId(id, record)], { name: values['name'] });
      }
      continue;
    }
    if (change.action === 'adopt') await giveExternalId(records, record, change.id, ids);
    const changed =
      change.action === 'update'
        ? Object.fromEntries(change.fields.map((name) => [name, requireValue(record, name)]))
        : record.values;
    await records.write(record.model, [change.id], resolveAll(record, changed, ids, current));
  }
  await removeRecords(records, changes);
}

/** Our own models come first, because their fields and rights refer to them. */
async function createModels(
  records: OdooRecords,
  definitions: ReadonlyMap<string, DesiredRecord>,
  changes: readonly PlannedChange[],
  current: CurrentState,
  ids: Map<string, number>,
): Promise<void> {
  for (const change of changes) {
    const record = change.action === 'create' ? definitions.get(change.externalId) : undefined;
    if (record?.model !== 'ir.model') continue;
    const values = resolveAll(record, { ...record.createOnly, ...record.values }, ids, current);
    const [created] = await records.create('ir.model', [values]);
    const id = requireId(created, record);
    await giveExternalId(records, record, id, ids);
    current.modelIds.set(String(values['model']), id);
  }
}

/** Creates fields in as few calls as possible: after each call, every worker of Odoo rebuilds its registry. */
async function createFields(
  records: OdooRecords,
  definitions: ReadonlyMap<string, DesiredRecord>,
  changes: readonly PlannedChange[],
  current: CurrentState,
  ids: Map<string, number>,
): Promise<void> {
  const fields = changes.flatMap((change) => {
    if (change.action !== 'create' || change.model !== 'ir.model.fields') return [];
    const record = definitions.get(change.externalId);
    return record === undefined ? [] : [record];
  });
  // Odoo checks the dependencies of a computed field before it knows the other fields of the same call.
  const isComputed = (record: DesiredRecord): boolean => record.values['compute'] !== undefined;
  for (const batch of [fields.filter((record) => !isComputed(record)), fields.filter(isComputed)]) {
    if (batch.length === 0) continue;
    const created = await records.create(
      'ir.model.fields',
      batch.map((record) => resolveAll(record, { ...record.createOnly, ...record.values }, ids, current)),
    );
    for (const [index, record] of batch.entries()) {
      await giveExternalId(records, record, requireId(created[index], record), ids);
    }
  }
}

/** Makes the planned removals in their order. Skips records that Odoo already removed together with another one. */
export async function removeRecords(records: OdooRecords, changes: readonly PlannedChange[]): Promise<void> {
  const removals = changes.filter((change) => change.action === 'remove');
  for (const model of new Set(removals.map((change) => change.model))) {
    const wanted = removals.filter((change) => change.model === model).map((change) => change.id);
    const present = await records.search(model, [['id', 'in', wanted]], ['id']);
    const ids = wanted.filter((id) => present.some((row) => row.id === id));
    const groups = model === 'ir.model.fields' ? await groupFields(records, ids) : [ids];
    for (const group of groups) if (group.length > 0) await records.unlink(model, group);
  }
  // A record that the database removed by a cascade (an automation's action) leaves its external id behind.
  const names = removals.map((change) => change.externalId);
  const left = await records.search(
    'ir.model.data',
    [
      ['module', '=', externalIdModule],
      ['name', 'in', names],
    ],
    ['id'],
  );
  if (left.length > 0) {
    await records.unlink(
      'ir.model.data',
      left.map((row) => row.id),
    );
  }
}

/** Computed and related fields come first: Odoo refuses to remove a field while another field of the same call depends on it. */
async function groupFields(records: OdooRecords, ids: readonly number[]): Promise<number[][]> {
  const rows = await records.search('ir.model.fields', [['id', 'in', ids]], ['compute', 'related']);
  const isDependent = (id: number): boolean =>
    rows.some((row) => row.id === id && (row['compute'] !== false || row['related'] !== false));
  return [ids.filter(isDependent), ids.filter((id) => !isDependent(id))];
}

async function giveExternalId(
  records: OdooRecords,
  record: DesiredRecord,
  id: number,
  ids: Map<string, number>,
): Promise<void> {
  const former = await records.search(
    'ir.model.data',
    [
      ['module', '=', externalIdModule],
      ['name', '=', record.externalId],
    ],
    ['id'],
  );
  if (former.length > 0) {
    await records.unlink(
      'ir.model.data',
      former.map((row) => row.id),
    );
  }
  await records.create('ir.model.data', [
    { module: externalIdModule, name: record.externalId, model: record.model, res_id: id, noupdate: true },
  ]);
  ids.set(record.externalId, id);
}

function resolveAll(
  record: DesiredRecord,
  values: Readonly<Record<string, DesiredValue>>,
  ids: ReadonlyMap<string, number>,
  current: CurrentState,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const resolved = resolveValue(value, ids, current.modelIds);
      if (resolved === undefined) throw unresolved(record, name);
      return [name, resolved];
    }),
  );
}

function requireId(id: number | undefined, record: DesiredRecord): number {
  if (id !== undefined) return id;
  throw bridgeError('ODOO_BAD_ANSWER', `Odoo created ${record.externalId} and did not answer its id`, {
    fix: 'Run provision again.',
    scope: 'odoo',
    details: { externalId: record.externalId },
  });
}

function requireValue(record: DesiredRecord, name: string): DesiredValue {
  const value = record.values[name];
  if (value !== undefined) return value;
  throw unresolved(record, name);
}

function unresolved(record: DesiredRecord, field: string): BridgeError {
  const { externalId } = record;
  const what = `${externalId} refers to a record that this database lacks (field ${field})`;
  return bridgeError('PROVISION_REFERENCE', what, { details: { externalId, field } });
}
