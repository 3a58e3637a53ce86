import { hashTerm } from '../admission.ts';

/** PostgreSQL refuses U+0000 in a text, and one such text would stop all that is written with it. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD');
}

/** The stored form of a key. Sweego chooses its length and characters, so its hash is stored and compared. */
export const hashKey = hashTerm;

/** A uuid as PostgreSQL writes it, as the 32 digits it was made from. */
export function digitsOfUuid(uuid: unknown): string {
  return (uuid as string).replaceAll('-', '');
}

/** Many byte strings as one, with where each begins (from 1, as SQL counts) and how long it is. */
type JoinedBytes = { all: Uint8Array; starts: number[]; lengths: number[] };

/**
 * Joins byte strings into one parameter, which the server cuts again with `substring(all FROM start FOR length)`. The
 * driver sends one byte string as it is; it would write an array of them as hexadecimal text of twice the size.
 */
export function joinBytes(parts: readonly Uint8Array[]): JoinedBytes {
  const lengths = parts.map(({ byteLength }) => byteLength);
  let next = 1;
  const starts = lengths.map((length) => {
    const start = next;
    next += length;
    return start;
  });
  return { all: Buffer.concat(parts), starts, lengths };
}

/** Rows of `unadmitted_count`. The last one is admission's; every opened inbox adds to one of the others. */
export const countSlots = 64;
