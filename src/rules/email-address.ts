/**
 * An address for comparing: without display name, white space and case. Local parts are case-sensitive by
 * RFC 5321 section 2.4, but Odoo's `email_normalized` lower-cases them, and mail servers rewrite them.
 *
 * @returns undefined when the text holds no address
 */
export function normalizeAddress(text: string): string | undefined {
  const bracketed = /<([^<>]*)>\s*$/.exec(text)?.[1] ?? text;
  const address = bracketed.trim().toLowerCase();
  return /^[^\s@,;<>]+@[^\s@,;<>]+$/.test(address) ? address : undefined;
}

/** Every address of a header text such as `"Doe, Jane" <jane@example.com>, info@example.com`. */
export function addressesIn(text: string | null): string[] {
  if (text === null) return [];
  const unquoted = text.replace(/"(?:[^"\\]|\\.)*"/g, '');
  return unquoted.split(/[,;]/).flatMap((part) => normalizeAddress(part) ?? []);
}
