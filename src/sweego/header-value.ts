import libmime from 'libmime';
import { cleanText } from './clean-text.ts';

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
      typeof item === 'string' || typeof item === 'number' ? cleanText(decoded(String(item))) : '',
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
