/** A field of a model. The type `text` stands for Odoo's char, text and html. */
export type Field = {
  type: 'boolean' | 'datetime' | 'integer' | 'many2many' | 'many2one' | 'selection' | 'text';
  /** The values of a selection. */
  selection?: readonly string[];
  /** The other model of a many2one. */
  relation?: string;
  /** What happens to this row when the record of its many2one is deleted; without it the field is emptied. */
  onDelete?: 'cascade';
  /** Read and written on the record of a many2one of this row: `[many2one, field]`. */
  related?: readonly [string, string];
  default?: string | number | boolean;
};

export type Model = {
  name: string;
  fields: Readonly<Record<string, Field>>;
  /** Only of models with a chatter: what the subjects of their mails begin with. */
  documentName?: string;
};

export const text: Field = { type: 'text' };
export const boolean: Field = { type: 'boolean' };
export const integer: Field = { type: 'integer' };
export const datetime: Field = { type: 'datetime' };
export const many2many: Field = { type: 'many2many' };
/** The field that hides archived records. */
export const active: Field = { type: 'boolean', default: true };

export function many2one(relation: string, onDelete?: 'cascade'): Field {
  return { type: 'many2one', relation, ...(onDelete && { onDelete }) };
}

export function selection(values: readonly string[], defaultValue?: string): Field {
  return {
    type: 'selection',
    selection: values,
    ...(defaultValue !== undefined && { default: defaultValue }),
  };
}

/** An Odoo text; the empty one is `false` in Odoo. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Odoo's email_normalized of a single plain address, else false. */
export function normalizedAddress(value: unknown): string | false {
  const written = textOf(value);
  const address = (/<([^<>]+)>/.exec(written)?.[1] ?? written).trim().toLowerCase();
  return /^\S+@\S+$/.test(address) && address;
}
