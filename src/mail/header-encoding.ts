import { domainToASCII } from 'node:url';
import type { Mailbox } from './mailbox.ts';

/** Base64 of 45 bytes is 60 characters: with `=?utf-8?B?` and `?=` under the 75 of RFC 2047 section 2. */
const wordBytes = 45;

/**
 * An unstructured header value (Subject) in ASCII, folded. It is plain when every reader returns it unchanged, else it
 * consists of encoded words (RFC 2047). A text that looks like an encoded word is encoded too, or a reader would decode it.
 *
 * @param text one line
 */
export function encodeUnstructured(text: string): string {
  if (/^[\x20-\x7e]{0,70}$/.test(text) && !text.includes('=?')) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word) + Buffer.byteLength(character) > wordBytes) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map(encodedWord).join('\r\n ');
}

/**
 * A mailbox in ASCII. A display name with other characters than letters, digits and spaces becomes one encoded word of any
 * length. Odoo reads it with Python (email._header_value_parser), which up to version 3.13 keeps the space between two
 * encoded words of a display name, although RFC 2047 section 6.2 removes it.
 *
 * A local part beyond ASCII becomes an encoded word too, which Odoo decodes. No mail server handles this mail, so none has
 * to understand it.
 *
 * @param mailbox without line breaks in name and address
 * @returns undefined when the address cannot be written
 */
export function formatMailbox(mailbox: Mailbox): string | undefined {
  const address = formatAddress(mailbox.address);
  if (address === undefined) return undefined;
  if (mailbox.name === '') return `<${address}>`;
  const name = /^[A-Za-z0-9 ]{1,70}$/.test(mailbox.name) ? mailbox.name : encodedWord(mailbox.name);
  return `${name} <${address}>`;
}

/** One mailbox on each line. Those that cannot be written are left out. */
export function formatMailboxes(mailboxes: readonly Mailbox[]): string {
  return mailboxes.flatMap((mailbox) => formatMailbox(mailbox) ?? []).join(',\r\n ');
}

/** A Message-Id as header text, or undefined when it does not fit on one line without encoding. */
export function formatMessageId(id: string): string | undefined {
  return /^<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>$/.test(id) ? id : undefined;
}

function formatAddress(address: string): string | undefined {
  const match = /^([^\s@<>,;\p{Cc}]+)@([^\s@<>,;\p{Cc}]+)$/u.exec(address);
  const [, local, domain] = match ?? [];
  if (local === undefined || domain === undefined || address.length > 320) return undefined;
  const isAscii = /^[\x21-\x7e]+$/;
  const host = isAscii.test(domain) ? domain : domainToASCII(domain);
  if (!/^(?:[A-Za-z0-9._-]+|\[[A-Za-z0-9.:]+\])$/.test(host)) return undefined;
  if (!isAscii.test(local) || local.includes('=?')) return `${encodedWord(local)}@${host}`;
  const isDotAtom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/.test(local);
  if (isDotAtom || /^"(?:[^"\\]|\\.)*"$/.test(local)) return `${local}@${host}`;
  return `"${local.replace(/["\\]/g, '\\$&')}"@${host}`;
}

function encodedWord(text: string): string {
  return `=?utf-8?B?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}
