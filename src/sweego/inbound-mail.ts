import { z } from 'zod';
import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import { cleanText } from '../mail/mail-text.ts';
import type { Mailbox } from '../mail/mailbox.ts';
import { readHeaderMap, readHeaderValues } from './header-map.ts';
import type { HeaderMap } from './header-map.ts';
import { readAttachments } from './inbound-attachment.ts';
import type { InboundAttachment } from './inbound-attachment.ts';
import { readJson } from './json-body.ts';
import { readMailboxes } from './mailbox.ts';
import { normaliseEventType } from './outbound-event.ts';
import { findInstant } from './timestamp.ts';

/** One mail that Sweego received for us. What Sweego left out is `undefined`. */
export type InboundMail = {
  /** One per mail; `event_id` stands in where Sweego gives none. Never empty. */
  swgUid: string;
  /** When Sweego received it. */
  timestamp: Date | undefined;
  /** Header From. Nobody has verified it: no right may depend on it. */
  from: Mailbox;
  to: readonly Mailbox[];
  cc: readonly Mailbox[];
  /** Decoded; `''` when there is none. */
  subject: string;
  text: string | undefined;
  html: string | undefined;
  /** What Sweego passes on of the mail's headers: all, some or none of them. */
  headers: HeaderMap;
  attachments: readonly InboundAttachment[];
};

/** Whatever a field holds, or nothing: decoration of an unexpected kind counts as missing. */
const anything = z.unknown().optional();
const line = anything.transform((value) => readHeaderValues(value)[0]);
const body = anything.transform((value) => {
  const text = typeof value === 'string' ? cleanText(value) : '';
  return text === '' ? undefined : text;
});

const MailBody = z.object({
  event_type: line,
  swg_uid: line,
  event_id: line,
  timestamp: line,
  from_: anything,
  from: anything,
  to: anything.transform(readMailboxes),
  cc: anything.transform(readMailboxes),
  subject: line,
  text: body,
  html: body,
  headers: anything.transform(readHeaderMap),
  in_reply_to: line,
  references: line,
  message_id: line,
  attachments: anything.transform(readAttachments),
});

/**
 * Reads a mail as tolerantly as it can: a field of an unexpected kind counts as missing, since a customer's
 * mail is worth more than its decoration. Without a sender (Odoo would put OdooBot in his place) or without
 * anything that names the mail (its repetition could not be told from a second one) it is unreadable.
 *
 * @throws BridgeError SWEEGO_MAIL_UNREADABLE naming the field
 * @see https://learn.sweego.io/docs/inbound/setup_inbound and /docs/inbound/conversational_flow
 */
export function parseInboundMail(bytes: Uint8Array): InboundMail {
  const json = readJson(bytes);
  if (json === undefined) throw unreadable('body', 'is not JSON');
  const parsed = MailBody.safeParse(json.value);
  if (!parsed.success) throw unreadable('body', 'is not a JSON object');
  const mail = parsed.data;
  if (mail.event_type !== undefined && normaliseEventType(mail.event_type) !== 'email_inbound') {
    throw unreadable('event_type', 'is not email_inbound');
  }
  const swgUid = mail.swg_uid ?? mail.event_id;
  if (swgUid === undefined) throw unreadable('swg_uid', 'is missing');
  const headers = withTopLevel(mail.headers, {
    'in-reply-to': mail.in_reply_to,
    references: mail.references,
    'message-id': mail.message_id,
  });
  const from = [mail.from_, mail.from, headers.get('from'), headers.get('sender')].flatMap(readMailboxes)[0];
  if (from === undefined) throw unreadable('from_', 'holds no address');
  return {
    swgUid,
    timestamp: mail.timestamp === undefined ? undefined : findInstant(mail.timestamp),
    from,
    to: mail.to,
    cc: mail.cc,
    subject: mail.subject ?? '',
    text: mail.text,
    html: mail.html,
    headers,
    attachments: mail.attachments,
  };
}

function withTopLevel(headers: HeaderMap, fields: Readonly<Record<string, string | undefined>>): HeaderMap {
  const map = new Map(headers);
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && !map.has(name)) map.set(name, [value]);
  }
  return map;
}

function unreadable(field: string, fault: string): BridgeError {
  return bridgeError('SWEEGO_MAIL_UNREADABLE', `The mail cannot be read: ${field} ${fault}`, {
    details: { field },
  });
}
