import { validationError, valueError } from './faults.ts';
import type { Field, Model } from './field.ts';

/**
 * Checks a value as `create` and `write` get it and turns it into the stored form: a many2one is an id or
 * false, an x2many a list of ids, everything empty is false.
 *
 * @throws StandInFault ValueError, as Odoo's convert_to_column and selection check do
 */
export function writtenValue(
  model: Model,
  name: string,
  field: Field,
  value: unknown,
  before: unknown,
): unknown {
  if (field.type === 'many2many') return changedIds(model, name, value, before);
  if (value === null || value === undefined || value === '') return false;
  switch (field.type) {
    case 'boolean':
      return Boolean(value);
    case 'selection':
      if (value !== false && !field.selection?.some(([key]) => key === value)) {
        throw valueError(`Wrong value for ${model.name}.${name}: '${printed(value)}'`);
      }
      return value;
    case 'integer':
      return value === false ? 0 : Number(value);
    case 'many2one':
      if (value !== false && typeof value !== 'number') {
        throw valueError(`Wrong value for ${model.name}.${name}: '${printed(value)}'`);
      }
      return value === 0 ? false : value;
    case 'datetime':
      if (value !== false && !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(printed(value))) {
        throw valueError(`time data '${printed(value)}' does not match format '%Y-%m-%d %H:%M:%S'`);
      }
      return value;
    default:
      return value === false ? false : printed(value);
  }
}

export function requireValues(model: Model, row: Readonly<Record<string, unknown>>): void {
  for (const [name, field] of Object.entries(model.fields)) {
    if (field.required && (row[name] === false || row[name] === undefined)) {
      throw validationError(
        `The operation cannot be completed: Missing required value for the field '${name}' (${model.label}).`,
      );
    }
  }
}

/** Odoo's x2many commands: 3 unlink, 4 link, 5 clear, 6 set; a bare list of ids sets them. */
function changedIds(model: Model, name: string, value: unknown, before: unknown): number[] {
  if (value === false || value === null) return [];
  const items: unknown[] = Array.isArray(value) ? value : [value];
  if (items.every((item) => typeof item === 'number')) return [...new Set(items)];
  let ids = Array.isArray(before) ? (before as number[]) : [];
  for (const item of items) {
    const [command, id, set] = (Array.isArray(item) ? item : []) as [unknown, number, number[]];
    if (command === 3) ids = ids.filter((one) => one !== id);
    else if (command === 4) ids = [...new Set([...ids, id])];
    else if (command === 5) ids = [];
    else if (command === 6) ids = [...new Set(set)];
    else throw valueError(`Wrong value for ${model.name}.${name}: ${JSON.stringify(item)}`);
  }
  return ids;
}

function printed(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
