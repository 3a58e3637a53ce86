import type { Row, Store } from './store.ts';

export type FieldType =
  | 'boolean'
  | 'char'
  | 'datetime'
  | 'html'
  | 'integer'
  | 'many2many'
  | 'many2one'
  | 'one2many'
  | 'selection'
  | 'text';

export type Field = {
  type: FieldType;
  /** Values with their labels, of a selection. */
  selection?: readonly (readonly [string, string])[];
  /** The other model, of a relation. */
  relation?: string;
  /** The many2one on the other model, of a one2many. */
  inverse?: string;
  /** What becomes of this row when the record of a many2one goes (`set null` unless told). */
  onDelete?: 'cascade' | 'set null';
  /** Lives on the record of a many2one of this row: `[many2one, field]`; read, searched and written there. */
  related?: readonly [string, string];
  /** Not stored and read-only. */
  compute?: (row: Row, store: Store) => unknown;
  required?: boolean;
  default?: string | number | boolean | (() => unknown);
};

export type Model = {
  name: string;
  /** The name that Odoo's error texts use. */
  label: string;
  fields: Readonly<Record<string, Field>>;
  /** What a many2one to it shows: a field (`name` unless told). */
  displayField?: string;
  /** Documents with a chatter. */
  isMailThread?: boolean;
};

/** The labels of these selections are not what anybody here looks at. */
export function selectionOf(...values: readonly string[]): readonly (readonly [string, string])[] {
  return values.map((value) => [value, value] as const);
}

/** Odoo's wire form of an instant: UTC, whole seconds. */
export function odooDatetime(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** Odoo's email_normalized for a single plain address, else false. */
export function normalizedAddress(value: unknown): string | false {
  if (typeof value !== 'string') return false;
  const inner = /<([^<>]+)>/.exec(value)?.[1] ?? value;
  return /^\S+@\S+$/.test(inner.trim()) ? inner.trim().toLowerCase() : false;
}

/** An Odoo text, where the empty one is `false`. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
