import { valueError } from '../faults.ts';
import type { Field } from './field.ts';

/**
 * Checks a value as `create` and `write` get it and turns it into the stored form: a many2one is an id or false,
 * a many2many a list of ids, everything empty is false.
 *
 * @param place model and field, for the error
 * @throws StandInFault ValueError, as Odoo's convert_to_column and selection check do
 */
export function writtenValue(place: string, field: Field, value: unknown): unknown {
  if (field.type === 'many2many') return writtenIds(place, value);
  if (field.type === 'boolean') return Boolean(value);
  if (value === null || value === undefined || value === '' || value === false) return false;
  switch (field.type) {
    case 'integer':
      return Number(value);
    case 'many2one':
      if (typeof value !== 'number') throw wrongValue(place, value);
      return value === 0 ? false : value;
    case 'selection':
      if (!field.selection?.some((known) => known === value)) throw wrongValue(place, value);
      return value;
    case 'datetime':
      if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(printed(value))) throw wrongValue(place, value);
      return value;
    default:
      return printed(value);
  }
}

/** Of Odoo's x2many commands only `[[6, 0, ids]]`; a bare list of ids means the same. */
function writtenIds(place: string, value: unknown): number[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  if (items.every((item) => typeof item === 'number')) return [...new Set(items)];
  const [command, , ids] = (Array.isArray(items[0]) ? items[0] : []) as [unknown, unknown, number[]];
  if (command !== 6 || items.length > 1) throw wrongValue(place, value);
  return [...new Set(ids)];
}

function wrongValue(place: string, value: unknown): Error {
  return valueError(`Wrong value for ${place}: '${printed(value)}'`);
}

function printed(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
