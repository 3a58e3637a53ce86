import type { DesiredRecord, DesiredValue, PlannedChange } from './desired-state.ts';

/** The records of ours that the database holds, as read before planning. */
export type CurrentState = {
  /** Database id by external id, ours unqualified and Odoo's own with their module. */
  ids: ReadonlyMap<string, number>;
  /** ir.model id by model name. */
  modelIds: Map<string, number>;
  /** Records without an external id, found by their natural key: database id by the missing external id. */
  adoptable: ReadonlyMap<string, number>;
  /** Current values of known records by external id. Absent when the record no longer exists. */
  values: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** The external ids of ours in the database, with their model. */
  owned: readonly { externalId: string; model: string; id: number }[];
};

/**
 * Returns a value in the form that Odoo's `create` and `write` take.
 *
 * @returns undefined while a record that it refers to does not exist yet
 */
export function resolveValue(
  value: DesiredValue,
  ids: ReadonlyMap<string, number>,
  modelIds: ReadonlyMap<string, number>,
): unknown {
  if (typeof value !== 'object') return value;
  if ('ref' in value) return ids.get(value.ref);
  if ('model' in value) return modelIds.get(value.model);
  if ('refs' in value) {
    const found = idsOf(value.refs, ids);
    return found === undefined ? undefined : [[6, 0, found]];
  }
  if ('actionOf' in value) {
    const id = ids.get(value.actionOf);
    return id === undefined ? undefined : `ir.actions.act_window,${id}`;
  }
  const found = idsOf(value.idsOf, ids);
  return found === undefined ? undefined : value.template.replaceAll('%ids%', found.join(', '));
}

/**
 * Plans the changes, in order, after which the database holds the desired records and no obsolete one of ours.
 * Once they are made, the plan is empty.
 *
 * @param kept external ids of ours that are not among the desired records but must stay (the user)
 */
export function planProvisioning(
  desired: readonly DesiredRecord[],
  current: CurrentState,
  kept: readonly string[],
): PlannedChange[] {
  const changes: PlannedChange[] = [];
  for (const record of desired) {
    const change = planRecord(record, current);
    if (change !== undefined) changes.push(change);
  }
  const wanted = new Set([...desired.map((record) => record.externalId), ...kept]);
  const obsolete = current.owned.filter((row) => !wanted.has(row.externalId));
  changes.push(...planRemoval(obsolete));
  return changes;
}

/** Plans removals in an order that Odoo accepts: records that refer to others come first. */
export function planRemoval(owned: CurrentState['owned']): PlannedChange[] {
  const order = [
    'base.automation',
    'ir.cron',
    'ir.ui.menu',
    'ir.actions.act_window',
    'ir.actions.server',
    'ir.ui.view',
    'ir.model.access',
    'ir.rule',
    'res.users',
    'res.groups',
    'ir.model.fields',
    'ir.model',
  ];
  const rank = (model: string): number => (order.includes(model) ? order.indexOf(model) : order.length);
  return [...owned]
    .sort((one, other) => rank(one.model) - rank(other.model) || other.id - one.id)
    .map(({ model, externalId, id }) => ({ action: 'remove', model, externalId, id }));
}

function planRecord(record: DesiredRecord, current: CurrentState): PlannedChange | undefined {
  const { model, externalId } = record;
  const id = current.ids.get(externalId);
  if (id === undefined) {
    const found = current.adoptable.get(externalId);
    return found === undefined
      ? { action: 'create', model, externalId }
      : { action: 'adopt', model, externalId, id: found };
  }
  const values = current.values.get(externalId);
  if (values === undefined) return { action: 'create', model, externalId };
  const fields = Object.entries(record.values)
    .filter(([name, value]) => !isSame(value, values[name], current))
    .map(([name]) => name);
  return fields.length === 0 ? undefined : { action: 'update', model, externalId, id, fields };
}

/** Compares a value read from Odoo (`[id, name]` for a many2one, ids for a many2many) with the desired one. */
function isSame(desired: DesiredValue, actual: unknown, current: CurrentState): boolean {
  if (typeof desired === 'object' && 'refs' in desired) {
    const wanted = idsOf(desired.refs, current.ids);
    if (wanted === undefined || !Array.isArray(actual)) return false;
    return [...wanted].sort().join() === [...(actual as number[])].sort().join();
  }
  const wanted = resolveValue(desired, current.ids, current.modelIds);
  const found: unknown = Array.isArray(actual) ? actual[0] : actual;
  if (typeof wanted === 'string' && typeof found === 'string') return wanted.trim() === found.trim();
  return wanted === found;
}

function idsOf(refs: readonly string[], ids: ReadonlyMap<string, number>): number[] | undefined {
  const found = refs.map((ref) => ids.get(ref));
  return found.every((id) => id !== undefined) ? found : undefined;
}
