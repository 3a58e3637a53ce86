import { z } from 'zod';
import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import { wholeText } from '../mail/mail-text.ts';
import type { Mailbox } from '../mail/mailbox.ts';
import { readHeaderMap, readHeaderValues } from './header-map.ts';
import type { HeaderMap } from './header-map.ts';
import { readAttachments } from './inbound-attachment.ts';
import type { InboundAttachment } from './inbound-attachment.ts';
import { readJson } from './json-body.ts';
import { readMailboxes } from './mailbox.ts';
import { normaliseEventType } from './outbound-event.ts';
import { findInstant } from './timestamp.ts';

/** One mail that Sweego received for Odoo. A field that Sweego left out is `undefined`. */
export type InboundMail = {
  /** Identifies the mail. It is `event_id` when Sweego gives no `swg_uid`. Never empty. */
  swgUid: string;
  /** When Sweego received it. */
  timestamp: Date | undefined;
  /** The header From. It is not verified, so no right may depend on it. */
  from: Mailbox;
  to: readonly Mailbox[];
  cc: readonly Mailbox[];
  /** Decoded; `''` when the mail has no subject. */
  subject: string;
  text: string | undefined;
  html: string | undefined;
  /** The mail's headers that Sweego passes on: all, some or none. */
  headers: HeaderMap;
  attachments: readonly InboundAttachment[];
};

/** A field of any type. A value of an unexpected type counts as missing. */
const anything = z.unknown().optional();
const line = anything.transform((value) => readHeaderValues(value)[0]);
const body = anything.transform((value) => {
  const text = typeof value === 'string' ? wholeText(value) : '';
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
 * Reads a mail tolerantly. A field of an unexpected type counts as missing, because the mail is worth more than one field.
 * The mail must have a sender, or Odoo would name OdooBot as its author. It must have an id, or a repetition would look
 * like a second mail.
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
