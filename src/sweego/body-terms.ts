import { addressesIn } from '../mail/email-address.ts';
import { normalizeMessageId } from '../mail/message-id.ts';
import { readHeaderValues } from './header-map.ts';

/** Limits far above any real mail. Without them a hostile mail could make a claim's transaction long. */
const mostTermsOfAKind = 1000;
const longestAddressText = 1000;
const longestHeaderText = 20_000;

/**
 * The terms by which an operator finds an element, and by which a person's data is erased: `address:` with each
 * normalised address of a person in it, and `message-id:` with each Message-Id that it refers to, with angle brackets.
 *
 * For an event or a log row these are the recipient and Odoo's Message-Id (decoded, because Odoo encodes long ones). For a
 * reply they are the sender, the recipients, the ids in In-Reply-To and References, and `swg-uid:` with its id in Sweego's
 * log. Never throws.
 *
 * @param element the result of JSON.parse
 * @see sections 2 and 3.2 of Sweego's payloads, https://learn.sweego.io/docs/inbound/conversational_flow
 */
export function termsOf(kind: 'outbound' | 'inbound' | 'log', element: unknown): string[] {
  if (!isRecord(element)) return [];
  const headers = headersOf(element['headers']);
  const { addresses, messageIds } =
    kind === 'inbound' ? namedByReply(element, headers) : namedByEvent(element, headers);
  const swgUid = kind === 'inbound' ? element['swg_uid'] : undefined;
  return [
    ...termsOfKind('address', addresses.flatMap(addressesOf)),
    ...termsOfKind('message-id', messageIds.flatMap(itemsOf).flatMap(messageIdsOf)),
    ...termsOfKind('swg-uid', typeof swgUid === 'string' && swgUid.trim() !== '' ? [swgUid.trim()] : []),
  ];
}

/** The recipient is `recipient` in webhooks and `email_to` in rows of Sweego's log. */
function namedByEvent(event: Record<string, unknown>, headers: ReadonlyMap<string, unknown>) {
  return {
    addresses: [event['recipient'], event['email_to']],
    messageIds: [headers.get('x-message-id'), headers.get('x-odoo-message-id')],
  };
}

function namedByReply(reply: Record<string, unknown>, headers: ReadonlyMap<string, unknown>) {
  return {
    addresses: [reply['from_'], reply['to'], reply['cc']].flatMap(itemsOf),
    messageIds: [reply['in_reply_to'], headers.get('in-reply-to'), headers.get('references')],
  };
}

function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, mostTermsOfAKind) : [value];
}

/** The value is `{email, name}`, or the text of an address header. */
function addressesOf(value: unknown): string[] {
  const text = isRecord(value) ? value['email'] : value;
  if (typeof text !== 'string' || text.length > longestAddressText) return [];
  return addressesIn(text);
}

/** A value holds one id, or several in a References header. Text without brackets counts as one id. */
function messageIdsOf(value: unknown): string[] {
  if (typeof value === 'string' && value.length > longestHeaderText) return [];
  return readHeaderValues(value)
    .flatMap((text) => text.match(/<[^<>]+>/g) ?? [text])
    .flatMap((id) => normalizeMessageId(id) ?? []);
}

function termsOfKind(kind: 'address' | 'message-id' | 'swg-uid', values: readonly string[]): string[] {
  return [...new Set(values)].slice(0, mostTermsOfAKind).map((value) => `${kind}:${value}`);
}

/** The headers by lower-case name. */
function headersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(
    isRecord(value) ? Object.entries(value).map(([name, item]) => [name.trim().toLowerCase(), item]) : [],
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
