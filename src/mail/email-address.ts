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
  return splitAddresses(text).flatMap((part) => normalizeAddress(part) ?? []);
}

/** The parts of such a text, as written. A comma within quotes separates nothing. */
export function splitAddresses(text: string | null): string[] {
  const parts = (text ?? '').match(/(?:"(?:[^"\\]|\\.)*"|[^",;])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
