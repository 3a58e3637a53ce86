import { domainToASCII } from 'node:url';
import type { Mailbox } from './mailbox.ts';

/** Base64 of 45 bytes is 60 characters: with `=?utf-8?B?` and `?=` under the 75 of RFC 2047 section 2. */
const wordBytes = 45;

/**
 * An unstructured header value (Subject) in ASCII, folded: plain where that is certain to come back unchanged,
 * else as encoded words (RFC 2047). A text that itself looks like an encoded word is encoded once more, or it
 * would be decoded into something that nobody wrote.
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
 * A mailbox in ASCII. A display name with anything but letters, digits and blanks is one encoded word, however
 * long: Python up to 3.13 (email._header_value_parser), with which Odoo reads, keeps the blank between two
 * encoded words of a display name, which RFC 2047 section 6.2 says to drop.
 *
 * A local part beyond ASCII becomes an encoded word too, which Odoo decodes: no mail server in between would
 * have to understand it.
 *
 * @param mailbox name and address of one line
 * @returns undefined when the address cannot be written at all
 */
export function formatMailbox(mailbox: Mailbox): string | undefined {
  const address = formatAddress(mailbox.address);
  if (address === undefined) return undefined;
  if (mailbox.name === '') return `<${address}>`;
  const name = /^[A-Za-z0-9 ]{1,70}$/.test(mailbox.name) ? mailbox.name : encodedWord(mailbox.name);
  return `${name} <${address}>`;
}

/** Mailboxes one a line; those that cannot be written are left out. */
export function formatMailboxes(mailboxes: readonly Mailbox[]): string {
  return mailboxes.flatMap((mailbox) => formatMailbox(mailbox) ?? []).join(',\r\n ');
}

/** A Message-Id as it stands in a header, or undefined when it could not stand there unencoded on one line. */
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
