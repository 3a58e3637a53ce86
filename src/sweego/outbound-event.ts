import { z } from 'zod';
import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import { cleanText } from '../mail/mail-text.ts';
import { readHeaderMap } from './header-map.ts';
import type { HeaderMap } from './header-map.ts';
import { readJson } from './json-body.ts';
import { findInstant } from './timestamp.ts';

/** One event about one recipient of one mail, read from a webhook. What Sweego left out is `undefined`. */
export type OutboundEvent = {
  /** Lower-case with underscores: `soft-bounce` and `Soft bounce` are `soft_bounce`. */
  type: string;
  /** `email`, `sms`, … */
  channel: string | undefined;
  /** When Sweego says it happened; also `undefined` when the text names no instant. Never an order. */
  timestamp: Date | undefined;
  /** One per recipient and submission. */
  swgUid: string | undefined;
  /** One per event. */
  eventId: string | undefined;
  /** One per submission. */
  transactionId: string | undefined;
  /** Bare address, as written. */
  recipient: string | undefined;
  domainFrom: string | undefined;
  /** By lower-case name, decoded; several values of one name are joined with `, `. */
  headers: ReadonlyMap<string, string>;
  /** Odoo's Message-Id: `x-message-id`, else `x-odoo-message-id`, unfolded and decoded. */
  messageIdHeader: string | undefined;
  /** SMTP code of the receiving server. */
  responseCode: number | undefined;
  /** Log line of Sweego's mail server: free text. */
  details: string | undefined;
  /** The Message-Id that Sweego put on the wire in place of Odoo's, with angle brackets. */
  wireMessageId: string | undefined;
};

const text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => {
    const trimmed = cleanText(String(value ?? '')).trim();
    return trimmed === '' ? undefined : trimmed;
  });

const EventBody = z.object({
  event_type: text.refine((value) => value !== undefined, 'is missing'),
  channel: text,
  timestamp: z.unknown().optional(),
  swg_uid: text,
  event_id: text,
  transaction_id: text,
  recipient: text,
  domain_from: text,
  headers: z
    .union([z.record(z.string(), z.unknown()), z.array(z.unknown()).max(0)])
    .nullish()
    .transform((value) => (value === null || value === undefined || Array.isArray(value) ? {} : value)),
  response_code: z.unknown().optional(),
  details: z.unknown().optional(),
});

/**
 * Reads one event as tolerantly as Sweego writes: names with `-` or `_`, header values as text, number or
 * list, any field missing but `event_type`. Unknown types and channels are read like known ones.
 *
 * `details`, `response_code` and `timestamp` never make an event unreadable: the recipient's fate is worth
 * more than its decoration.
 *
 * @throws BridgeError SWEEGO_EVENT_UNREADABLE naming the field
 * @see https://learn.sweego.io/docs/webhooks/payload
 */
export function parseOutboundEvent(body: Uint8Array): OutboundEvent {
  const json = readJson(body);
  if (json === undefined) throw unreadable('body', 'is not JSON');
  const parsed = EventBody.safeParse(json.value);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path[0];
    if (typeof field !== 'string') throw unreadable('body', 'is not a JSON object');
    throw unreadable(field, 'is missing or of an unexpected kind');
  }
  const event = parsed.data;
  const values = readHeaderMap(event.headers);
  const details = typeof event.details === 'string' ? cleanText(event.details) : undefined;
  return {
    type: normaliseEventType(event.event_type ?? ''),
    channel: event.channel,
    timestamp: typeof event.timestamp === 'string' ? findInstant(event.timestamp) : undefined,
    swgUid: event.swg_uid ?? first(values, 'x-swg-uid'),
    eventId: event.event_id,
    transactionId: event.transaction_id ?? first(values, 'x-transaction-id'),
    recipient: event.recipient,
    domainFrom: event.domain_from,
    headers: new Map([...values].map(([name, texts]) => [name, texts.join(', ')])),
    messageIdHeader: first(values, 'x-message-id') ?? first(values, 'x-odoo-message-id'),
    responseCode: readResponseCode(event.response_code),
    details,
    wireMessageId:
      wireIdFromHeader(first(values, 'x-swg-bid'), event.domain_from) ?? wireIdFromDetails(details),
  };
}

/** `soft-bounce`, `Soft bounce` and `soft_bounce` are one type. */
export function normaliseEventType(written: string): string {
  return written.trim().toLowerCase().replace(/[-\s]/g, '_');
}

function first(values: HeaderMap, name: string): string | undefined {
  return values.get(name)?.[0];
}

function readResponseCode(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const match = /^([2-5]\d\d)(?!\d)/.exec(String(value).trim());
  return match === null ? undefined : Number(match[1]);
}

/** Sweego's own id on the wire is `<{x-swg-bid}@{domain_from}>`. */
function wireIdFromHeader(bid: string | undefined, domainFrom: string | undefined): string | undefined {
  if (bid === undefined || domainFrom === undefined) return undefined;
  return /^[^\s<>@]+$/.test(bid) && /^[^\s<>@]+$/.test(domainFrom) ? `<${bid}@${domainFrom}>` : undefined;
}

/**
 * `… id=<session> <queue id> ACCEPTED from=… mx=… id=<Message-Id on the wire> (<SMTP reply>)`. The session's
 * id holds no `@`; what the reply says after the parenthesis belongs to the receiving server.
 */
function wireIdFromDetails(details: string | undefined): string | undefined {
  const beforeReply = details?.split(' (', 1)[0];
  const match = beforeReply === undefined ? null : /\bid=<([^\s<>@]+@[^\s<>@]+)>/.exec(beforeReply);
  return match === null ? undefined : `<${match[1]}>`;
}

function unreadable(field: string, fault: string): BridgeError {
  return bridgeError('SWEEGO_EVENT_UNREADABLE', `The event cannot be read: ${field} ${fault}`, {
    details: { field },
  });
}
