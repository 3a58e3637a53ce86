import { z } from 'zod';

/** A text field. Odoo sends `false` for an empty one; `null` here, so that it never becomes the text "false". */
export const optionalText = z
  .union([z.string(), z.literal(false), z.null()])
  .transform((value) => (value === false || value === '' ? null : value));

/** The id of a record that may be missing. */
export const recordId = z
  .union([z.number().int(), z.literal(false), z.null()])
  .transform((value) => (value === false || value === 0 ? null : value));

/** Odoo's datetimes are UTC, without a zone in the text. */
export const datetime = optionalText.transform((value) =>
  value === null ? null : new Date(`${value.slice(0, 19).replace(' ', 'T')}Z`),
);
