import { readAddressList } from './address-list.ts';

/**
 * An address for comparison, without display name and white space, in lower case. Local parts are case-sensitive by
 * RFC 5321 section 2.4, but Odoo's `email_normalized` lower-cases them, and mail servers rewrite them.
 *
 * @returns undefined when the text does not hold exactly one address
 */
export function normalizeAddress(text: string): string | undefined {
  const bare = bareAddress(text);
  if (bare !== undefined) return bare;
  const [only, ...others] = addressesIn(text);
  return others.length === 0 ? only : undefined;
}

/** Every address of a header text such as `"Doe, Jane" <jane@example.com>, info@example.com`, normalised. */
export function addressesIn(text: string | null): string[] {
  return readAddressList(text ?? '').flatMap(({ address }) => bareAddress(address) ?? []);
}

function bareAddress(text: string): string | undefined {
  const address = text.trim().toLowerCase();
  return /^[^\s@,;<>]+@[^\s@,;<>]+$/.test(address) ? address : undefined;
}
