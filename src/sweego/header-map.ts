import libmime from 'libmime';
import { wholeText } from '../mail/mail-text.ts';

/** Header values by lower-case name, decoded, in the order Sweego lists them. */
export type HeaderMap = ReadonlyMap<string, readonly string[]>;

/**
 * Reads a `headers` object of Sweego's; anything else (null, a list, a text) is no headers. Never throws.
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
 * The first text of one header, without reading the others: `readHeaderMap(value).get(name)?.[0]`. Never throws.
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
 * The texts of one header as Sweego reports it: a string, a number or a list of these. Each is unfolded
 * (RFC 5322 §2.2.3), its encoded words are decoded (RFC 2047; white space between two of them vanishes,
 * §6.2) and white space around it is dropped. Anything else, and what is empty, is left out.
 *
 * Odoo writes message ids of 78 characters and more as Q-encoded words, so that an id that correlates is
 * often not readable before this. A text with no complete encoded word comes back as it is. Never throws.
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
    // A word in a broken charset or encoding: the text as written still says more than nothing.
    return unfolded;
  }
}
