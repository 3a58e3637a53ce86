import { readAddressList } from '../mail/address-list.ts';
import { wholeText } from '../mail/mail-text.ts';
import type { Mailbox } from '../mail/mailbox.ts';
import { readHeaderValues } from './header-map.ts';

/**
 * The mailboxes in one of Sweego's address fields: an object `{email, name}`, a header text such as
 * `"Doe, Jane" <jane@example.com>, info@example.com`, or a list of these. Values without an address are left out.
 * Never throws.
 */
export function readMailboxes(value: unknown): Mailbox[] {
  return (Array.isArray(value) ? value : [value]).flatMap(mailboxesOf);
}

function mailboxesOf(value: unknown): Mailbox[] {
  if (typeof value === 'string') return decodedMailboxes(value);
  if (typeof value !== 'object' || value === null) return [];
  const { email, address, name } = value as Record<string, unknown>;
  const written = typeof email === 'string' && email.trim() !== '' ? email : address;
  const [first] = typeof written === 'string' ? decodedMailboxes(written) : [];
  return first === undefined ? [] : [{ ...first, name: decodedText(name) || first.name }];
}

function decodedMailboxes(text: string): Mailbox[] {
  return readAddressList(wholeText(text)).map(({ name, address }) => ({ name: decodedText(name), address }));
}

function decodedText(value: unknown): string {
  return readHeaderValues(value)[0] ?? '';
}
