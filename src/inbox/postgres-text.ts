import { hashTerm } from './admission.ts';

/** PostgreSQL refuses U+0000 in a text, and one such text would stop all that is written with it. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD');
}

/** A key as it is stored and compared: what Sweego puts into one may have any length and any characters. */
export const hashKey = hashTerm;

/** A uuid as PostgreSQL writes it, as the 32 digits it was made from. */
export function digitsOfUuid(uuid: unknown): string {
  return (uuid as string).replaceAll('-', '');
}
