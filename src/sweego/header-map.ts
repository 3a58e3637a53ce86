import { readHeaderValues } from './header-value.ts';

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
