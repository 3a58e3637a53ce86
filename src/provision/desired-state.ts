/** The module part of every external id of ours. */
export const externalIdModule = 'sweego_bridge';

/** A value in the desired state: a plain value, or a reference that the database turns into ids. */
export type DesiredValue =
  | string
  | number
  | boolean
  /** The record behind one external id: an unqualified name is ours, a dotted one is Odoo's own. */
  | { ref: string }
  /** The records behind several external ids, as a whole set. */
  | { refs: readonly string[] }
  /** The ir.model row of a model. */
  | { model: string }
  /** A menu's reference to a window action: `ir.actions.act_window,<id>`. */
  | { actionOf: string }
  /** A text in which `%ids%` stands for the ids of records of ours, separated by commas. */
  | { template: string; idsOf: readonly string[] };

/** One record that must exist in Odoo, found again by its external id `sweego_bridge.<externalId>`. */
export type DesiredRecord = {
  externalId: string;
  model: string;
  /** Compared and kept as they are here. */
  values: Readonly<Record<string, DesiredValue>>;
  /** Given at creation only, because Odoo refuses or ignores them later. */
  createOnly?: Readonly<Record<string, DesiredValue>>;
  /**
   * Values that tell a record of ours without its external id, as a run leaves behind that was cut off between
   * the two: `name` unless told.
   */
  naturalKey?: readonly string[];
};

/** A difference between the desired state and the database. */
export type PlannedChange =
  | { action: 'install'; model: 'ir.module.module'; name: string }
  | { action: 'create'; model: string; externalId: string }
  | { action: 'adopt'; model: string; externalId: string; id: number }
  | { action: 'update'; model: string; externalId: string; id: number; fields: readonly string[] }
  | { action: 'remove'; model: string; externalId: string; id: number };
