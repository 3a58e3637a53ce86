import type { DesiredRecord, DesiredValue, PlannedChange } from './desired-state.ts';

/** What the database holds of ours, as read before planning. */
export type CurrentState = {
  /** Database id by external id, ours unqualified and Odoo's own with their module. */
  ids: ReadonlyMap<string, number>;
  /** ir.model id by model name. */
  modelIds: Map<string, number>;
  /** Records without an external id that a natural key found: database id by external id. */
  adoptable: ReadonlyMap<string, number>;
  /** Current values of known records by external id. Absent: the record does not exist any more. */
  values: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** External ids of ours in the database, with their model. */
  owned: readonly { externalId: string; model: string; id: number }[];
};

/**
 * A value as Odoo's `create` and `write` take it.
 *
 * @returns undefined while a record it refers to does not exist yet
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
 * What must be done, in order, so that the database holds the desired records and no former one of ours.
 * Running it on its own result plans nothing.
 *
 * @param kept external ids of ours that are no part of the desired records but must stay (the user)
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

/** Removes records in the order in which Odoo lets go of them: what refers to others first. */
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

/** Whether a value read from Odoo (`[id, name]` for a many2one, ids for a many2many) is the desired one. */
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
