import { z } from 'zod';
import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import { wholeText } from '../mail/mail-text.ts';
import { readHeaderMap } from './header-map.ts';
import type { HeaderMap } from './header-map.ts';
import { readJson } from './json-body.ts';
import { findInstant } from './timestamp.ts';

/** One event about one recipient of one mail. A field that Sweego left out is `undefined`. */
export type OutboundEvent = {
  /** Lower-case with underscores: `soft-bounce` and `Soft bounce` are `soft_bounce`. */
  type: string;
  /** `email`, `sms`, … */
  channel: string | undefined;
  /** The time by Sweego's clock; `undefined` when it cannot be read. Events may arrive in any order. */
  timestamp: Date | undefined;
  /** Identifies the submission to one recipient. */
  swgUid: string | undefined;
  /** Identifies the event. */
  eventId: string | undefined;
  /** Identifies the submission to all recipients. */
  transactionId: string | undefined;
  /** Bare address, as written. */
  recipient: string | undefined;
  /** Decoded, by lower-case name. Several values of one name are joined with `, `. */
  headers: ReadonlyMap<string, string>;
  /** Odoo's Message-Id: `x-message-id`, else `x-odoo-message-id`, unfolded and decoded. */
  messageIdHeader: string | undefined;
  /** The SMTP code of the receiving server. */
  responseCode: number | undefined;
  /** The line in the log of Sweego's mail server. It is free text. */
  details: string | undefined;
  /** The Message-Id that Sweego put on the wire in place of Odoo's, with angle brackets. */
  wireMessageId: string | undefined;
};

const text = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => {
    const trimmed = wholeText(String(value ?? '')).trim();
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
 * Reads one event tolerantly. Type names may have `-` or `_`, a header may be a text, a number or a list, and any field
 * except `event_type` may be missing. Unknown types and channels are read like known ones.
 *
 * A bad `details`, `response_code` or `timestamp` does not make an event unreadable, because the result of the delivery
 * matters more.
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
  const details = typeof event.details === 'string' ? wholeText(event.details) : undefined;
  return {
    type: normaliseEventType(event.event_type ?? ''),
    channel: event.channel,
    timestamp: typeof event.timestamp === 'string' ? findInstant(event.timestamp) : undefined,
    swgUid: event.swg_uid ?? first(values, 'x-swg-uid'),
    eventId: event.event_id,
    transactionId: event.transaction_id ?? first(values, 'x-transaction-id'),
    recipient: event.recipient,
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

/** Sweego's wire id is `<{x-swg-bid}@{domain_from}>`. */
function wireIdFromHeader(bid: string | undefined, domainFrom: string | undefined): string | undefined {
  if (bid === undefined || domainFrom === undefined) return undefined;
  return /^[^\s<>@]+$/.test(bid) && /^[^\s<>@]+$/.test(domainFrom) ? `<${bid}@${domainFrom}>` : undefined;
}

/**
 * The line is `… id=<session> <queue id> ACCEPTED from=… mx=… id=<wire id> (<SMTP reply>)`. The id of the session has no
 * `@`. The text in parentheses is written by the receiving server, so it is not searched.
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
