import { cleanText } from '../mail/mail-text.ts';
import type { Mailbox } from '../mail/mailbox.ts';
import { readHeaderValues } from './header-map.ts';

/**
 * The mailboxes in one of Sweego's address fields: an object `{email, name}`, a header text such as
 * `"Doe, Jane" <jane@example.com>, info@example.com`, or a list of these. What holds no address is left out.
 * Never throws.
 */
export function readMailboxes(value: unknown): Mailbox[] {
  return (Array.isArray(value) ? value : [value]).flatMap(mailboxesOf);
}

/** Characters; matching takes time that grows with their square. */
const longestMailbox = 2_000;
const longestList = 100_000;

function mailboxesOf(value: unknown): Mailbox[] {
  if (typeof value === 'string') return splitMailboxes(value).flatMap((text) => findMailbox(text) ?? []);
  if (typeof value !== 'object' || value === null) return [];
  const { email, address, name } = value as Record<string, unknown>;
  const written = typeof email === 'string' && email.trim() !== '' ? email : address;
  const found = typeof written === 'string' ? findMailbox(written) : undefined;
  if (found === undefined) return [];
  return [{ address: found.address, name: firstText(name) || found.name }];
}

function findMailbox(text: string): Mailbox | undefined {
  if (text.length > longestMailbox) return undefined;
  const clean = cleanText(text).trim();
  const bracketed = /^(.*)<\s*([^<>]*?)\s*>[^<>]*$/s.exec(clean);
  const address = (bracketed?.[2] ?? clean).replace(/^mailto:/i, '');
  return address.includes('@') ? { name: unquoted(firstText(bracketed?.[1])), address } : undefined;
}

/** A comma or semicolon within quotes or angle brackets separates nothing, unless they are never closed. */
function splitMailboxes(list: string): string[] {
  const text = list.slice(0, longestList);
  const parts: string[] = [];
  let begin = 0;
  let closing: '"' | '>' | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (closing === undefined) {
      if (character === '"') closing = '"';
      else if (character === '<') closing = '>';
      else if (character === ',' || character === ';') {
        parts.push(text.slice(begin, at));
        begin = at + 1;
      }
    } else if (character === '\\' && closing === '"') at += 1;
    else if (character === closing) closing = undefined;
  }
  return closing === undefined ? [...parts, text.slice(begin)] : text.split(/[,;]/);
}

function firstText(value: unknown): string {
  return readHeaderValues(value)[0] ?? '';
}

function unquoted(text: string): string {
  const inside = /^"(.*)"$/s.exec(text.trim())?.[1];
  return (inside === undefined ? text : inside.replace(/\\(.)/gs, '$1')).trim();
}
