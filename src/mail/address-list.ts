import addressparser from 'nodemailer/lib/addressparser';
import type { Mailbox } from './mailbox.ts';

/** Characters of a text that are read. A real header has a few thousand. */
const longestText = 100_000;

/**
 * The mailboxes in a header text such as `"Doe, Jane" <jane@example.com>, info@example.com`, in order. Names are not
 * decoded. Comments, groups and quoted local parts are read as RFC 5322 section 3.4 describes them.
 *
 * A damaged text still gives its addresses: a quote or an angle bracket that is never closed is ignored, and two
 * addresses without a comma between them are two mailboxes. It takes time in proportion to the length of the text.
 */
export function readAddressList(text: string): Mailbox[] {
  let written = withPlus(text.slice(0, longestText));
  let mailboxes = parse(written);
  if (hasOpenPair(written) || mailboxes.some(({ address }) => /[<>]/.test(address))) {
    written = written.replace(/\\?["<>]/g, ' ');
    mailboxes = parse(written);
  }
  if (mailboxes.some(({ name }) => name.includes('@'))) return parse(withCommas(written));
  return mailboxes.length > 0 ? mailboxes : addressWords(written);
}

/** Writes mailboxes as Odoo does (odoo.tools.mail.formataddr), for a field that holds Unicode text. */
export function writeAddressList(mailboxes: readonly Mailbox[]): string {
  return mailboxes
    .map(({ name, address }) => (name === '' ? address : `"${name.replace(/["\\]/g, '\\$&')}" <${address}>`))
    .join(', ');
}

function parse(text: string): Mailbox[] {
  return addressparser(text, { flatten: true })
    .filter(({ address }) => address.includes('@'))
    .map(({ name, address }) => ({ name, address: address.replace(/^mailto:/i, '') }));
}

/** A form decodes the plus of a signed reply address to a space, which would end the address. */
function withPlus(text: string): string {
  return text.replace(/(?<![\w.%+-])reply (?=[0-9a-f]{2,400}\.[0-9a-f]{8}@)/gi, 'reply+');
}

/** Whether a quote or an angle bracket is opened and never closed. */
function hasOpenPair(text: string): boolean {
  let isQuoted = false;
  let isBracketed = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isQuoted) {
      if (character === '\\') at += 1;
      else if (character === '"') isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === '>') isBracketed = false;
    else if (character === '<') {
      if (isBracketed) return true;
      isBracketed = true;
    }
  }
  return isQuoted || isBracketed;
}

/** The text with a comma after each address that another address follows. */
function withCommas(text: string): string {
  return text
    .replace(/>(?=\s*(?:<|[^\s<>,;"()]+@))/g, '>,')
    .replace(/(?<=^|[,;])[^<>"(),;:]*(?=[,;]|$)/g, (part) => {
      const addresses = addressWords(part);
      return addresses.length > 1 ? addresses.map(({ address }) => address).join(',') : part;
    });
}

/** The words of a text that look like addresses. */
function addressWords(text: string): Mailbox[] {
  return text
    .split(/[\s<>,;:"()\\]+/)
    .filter((word) => /^[^@]+@[^@]+$/.test(word))
    .map((address) => ({ name: '', address }));
}
