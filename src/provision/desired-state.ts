/** The module part of all external ids of the bridge. */
export const externalIdModule = 'sweego_bridge';

/** A value in the desired state: a plain value, or a reference that the database turns into ids. */
export type DesiredValue =
  | string
  | number
  | boolean
  /** The record behind one external id. A name without a dot is ours, one with a dot is Odoo's own. */
  | { ref: string }
  /** The records behind several external ids, as a whole set. */
  | { refs: readonly string[] }
  /** The ir.model row of a model. */
  | { model: string }
  /** A menu's reference to a window action: `ir.actions.act_window,<id>`. */
  | { actionOf: string }
  /** A text in which `%ids%` is replaced by the ids of records of ours, separated by commas. */
  | { template: string; idsOf: readonly string[] };

/** One record that must exist in Odoo, found again by its external id `sweego_bridge.<externalId>`. */
export type DesiredRecord = {
  externalId: string;
  model: string;
  /** A later run writes these values again where they differ. */
  values: Readonly<Record<string, DesiredValue>>;
  /** Written at creation only: later Odoo refuses or ignores them, or they belong to the administrator. */
  createOnly?: Readonly<Record<string, DesiredValue>>;
  /**
   * Values that identify a record of ours without its external id: a run that was interrupted between creating
   * the record and its external id leaves one behind. Without this, `name`.
   */
  naturalKey?: readonly string[];
};

/** A manual field on a model of Odoo's or of our own. */
export type FieldDefinition = {
  model: string;
  name: string;
  type: 'boolean' | 'char' | 'text' | 'datetime' | 'integer' | 'many2one';
  label: string;
  help: string;
  /** Path of a related field. Its value is read through this path and never stored. */
  related?: string;
  /** Python of a computed field, which is never stored, and the fields it depends on. */
  compute?: { code: string; depends: string };
  /** Target model of a many2one. Odoo empties the field when the target is deleted. */
  relation?: string;
  /** Only on a table of our own, which is empty when the index is built. */
  index?: true;
};

/** A difference between the desired state and the database. */
export type PlannedChange =
  | { action: 'install'; model: 'ir.module.module'; name: string }
  | { action: 'create'; model: string; externalId: string }
  | { action: 'adopt'; model: string; externalId: string; id: number }
  | { action: 'update'; model: string; externalId: string; id: number; fields: readonly string[] }
  | { action: 'remove'; model: string; externalId: string; id: number };
