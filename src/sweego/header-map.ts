import libmime from 'libmime';
import { wholeText } from '../mail/mail-text.ts';

/** Decoded header values by lower-case name, in Sweego's order. */
export type HeaderMap = ReadonlyMap<string, readonly string[]>;

/**
 * Reads a `headers` object of Sweego's. Anything else (null, a list, a text) counts as no headers. Never throws.
 */
export function readHeaderMap(value: unknown): Map<string, string[]> {
  const map = new Map<string, string[]>();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return map;
  for (const [name, written] of Object.entries(value)) {
    const texts = readHeaderValues(written);
    const key = name.trim().toLowerCase();
    if (texts.length > 0) map.set(key, [...(map.get(key) ?? []), ...texts]);
  }
  return map;
}

/**
 * The first text of one header: `readHeaderMap(value).get(name)?.[0]`, without reading the others. Never throws.
 *
 * @param name in lower case
 */
export function findHeader(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  for (const [writtenName, written] of Object.entries(value)) {
    const [text] = writtenName.trim().toLowerCase() === name ? readHeaderValues(written) : [];
    if (text !== undefined) return text;
  }
  return undefined;
}

/**
 * The texts of one header. Sweego writes a string, a number or a list of these. Each text is unfolded (RFC 5322 §2.2.3),
 * its encoded words are decoded (RFC 2047; §6.2 removes the white space between two of them), and it is trimmed. Empty
 * texts and values of other types are left out.
 *
 * Odoo writes Message-Ids of 78 characters and more as Q-encoded words, so an id often cannot be compared before it is
 * decoded. A text without a complete encoded word is returned unchanged. Never throws.
 */
export function readHeaderValues(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items
    .map((item) =>
      typeof item === 'string' || typeof item === 'number' ? wholeText(decoded(String(item))) : '',
    )
    .filter((text) => text !== '');
}

function decoded(text: string): string {
  const unfolded = text.replace(/\r?\n(?=[ \t])/g, '').trim();
  if (!unfolded.includes('=?')) return unfolded;
  try {
    const words = libmime.decodeWords(unfolded).trim();
    return words === '' ? unfolded : words;
  } catch {
    // The charset or the encoding of a word is broken. The undecoded text is better than none.
    return unfolded;
  }
}
