/** A manual field of ours on a model of Odoo's or of our own. */
export type FieldDefinition = {
  model: string;
  name: string;
  type: 'boolean' | 'char' | 'text' | 'datetime' | 'integer' | 'many2one';
  label: string;
  help: string;
  /** Path of a related field that is read through, never stored. */
  related?: string;
  /** Python of a computed field that is never stored, and the fields it depends on. */
  compute?: { code: string; depends: string };
  /** Target of a many2one; its column is emptied when the target is deleted. */
  relation?: string;
  /** Only on a table of our own, which is empty when the index is made. */
  index?: true;
};
