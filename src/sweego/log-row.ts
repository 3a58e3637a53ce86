import { createHash } from 'node:crypto';
import { bridgeError } from '../errors.ts';
import { wholeText } from '../mail/mail-text.ts';
import { findHeader, readHeaderMap } from './header-map.ts';
import { readJson } from './json-body.ts';
import { readMailboxes } from './mailbox.ts';
import type { OutboundEvent } from './outbound-event.ts';
import { findInstant } from './timestamp.ts';

/** One row of Sweego's log of outgoing mails: one submission to one recipient, with its latest state. */
export type LogRow = {
  swgUid: string;
  /** Sweego's word in lower case, for example `opened-human`. */
  status: string;
  /** `email_last_update` as written. It only distinguishes a row from its earlier version. */
  lastUpdate: string;
  /** Odoo's Message-Id from its header. Mails of other senders may have none. */
  messageIdHeader: string | undefined;
  /**
   * The events that webhooks would have reported: the submission and, if it is known, its result. They are read only on
   * this call, because most rows of a shared account are not about mails of this Odoo.
   */
  readEvents(): readonly OutboundEvent[];
};

/**
 * The event type of webhooks for each state of a row. A row holds only its latest state, so `opened-…` and `clicked-…`
 * also mean that the mail was delivered.
 */
const eventTypes: Readonly<Record<string, string>> = {
  delivered: 'delivered',
  'opened-proxy': 'email_opened',
  'opened-human': 'email_opened',
  'clicked-proxy': 'email_clicked',
  'clicked-human': 'email_clicked',
  'clicked-unsub': 'clicked_unsub',
};

/**
 * Reads a row tolerantly. Undefined when it has no id of a submission, no state, or no time of the submission.
 *
 * @see https://learn.sweego.io/docs/sweego/logs-logs-post, https://learn.sweego.io/docs/logs/email/sending
 */
export function readLogRow(value: unknown): LogRow | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const row = value as Record<string, unknown>;
  const swgUid = textOf(row['swg_uid']) ?? findHeader(row['headers'], 'x-swg-uid');
  const status = textOf(row['status'])?.toLowerCase();
  if (swgUid === undefined || status === undefined) return undefined;
  // The newest submission counts. Without this time an old one could look like the newest.
  const submittedAt = instantOf(row['email_creation']);
  if (submittedAt === undefined) return undefined;
  const messageIdHeader = findRowMessageId(row);
  return {
    swgUid,
    status,
    lastUpdate: textOf(row['email_last_update']) ?? '',
    messageIdHeader,
    readEvents: () => eventsOf(row, { swgUid, status, messageIdHeader, submittedAt }),
  };
}

/** The event `email_sent` holds the time of the submission; the other event holds the time of the latest state. */
function eventsOf(
  row: Record<string, unknown>,
  {
    swgUid,
    status,
    messageIdHeader,
    submittedAt,
  }: Pick<LogRow, 'swgUid' | 'status' | 'messageIdHeader'> & { submittedAt: Date },
): readonly OutboundEvent[] {
  // Sweego sent nothing in a dry run.
  if (row['dry_run'] === true) return [];
  const headers = readHeaderMap(row['headers']);
  const updatedAt = instantOf(row['email_last_update']) ?? submittedAt;
  const common = {
    channel: textOf(row['channel']) ?? 'email',
    swgUid,
    transactionId: textOf(row['transaction_id']) ?? headers.get('x-transaction-id')?.[0],
    recipient: onlyAddressIn(row['email_to']),
    headers: new Map([...headers].map(([name, texts]) => [name, texts.join(', ')])),
    messageIdHeader,
    wireMessageId: undefined,
  };
  const event = (type: string, timestamp: Date, evidence: Evidence = noEvidence): OutboundEvent => ({
    ...common,
    ...evidence,
    type,
    timestamp,
    eventId: `log:${swgUid}:${type}:${digestOf([timestamp, evidence, common.transactionId])}`,
  });
  const events = [event('email_sent', submittedAt)];
  const type = eventTypes[status];
  if (type !== undefined) events.push(event(type, updatedAt));
  else if (status === 'undelivered') {
    events.push(event(failureTypeOf(row), updatedAt, evidenceOf(row)));
  }
  return events;
}

/** Odoo's Message-Id in a row, even in one that `readLogRow` cannot read. */
export function findRowMessageId(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { headers } = value as Record<string, unknown>;
  return findHeader(headers, 'x-message-id') ?? findHeader(headers, 'x-odoo-message-id');
}

/**
 * The events in a stored row.
 *
 * @throws BridgeError SWEEGO_EVENT_UNREADABLE
 */
export function parseLogRow(body: Uint8Array): readonly OutboundEvent[] {
  const row = readLogRow(readJson(body)?.value);
  if (row !== undefined) return row.readEvents();
  const what = 'The row of the log cannot be read: it names no submission, no state or no time';
  throw bridgeError('SWEEGO_EVENT_UNREADABLE', what, {
    fix: 'Compare it (sweego-odoo-bridge inbox show <id> --body) with https://learn.sweego.io/docs/sweego/logs-logs-post.',
    details: { field: 'swg_uid' },
  });
}

/** The event type of the webhook for the same failure. Sweego's label is only a hint: the SMTP line decides later. */
function failureTypeOf(row: Record<string, unknown>): string {
  const label = textOf(row['bounce_type'])?.toLowerCase();
  if (label === 'hard') return 'hard_bounce';
  return label === 'soft' ? 'soft_bounce' : 'undelivered';
}

type Evidence = Pick<OutboundEvent, 'responseCode' | 'details'>;

const noEvidence: Evidence = { responseCode: undefined, details: undefined };

/** A part of the `event_id`, which the log does not have: different content gets a different id. */
function digestOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

/** `email_state` holds the codes of the last reply (`451 4.7.652`), or `-1` for an address on Sweego's suppression list. */
function evidenceOf(row: Record<string, unknown>): Evidence {
  const state = textOf(row['email_state']);
  const line = ['bounced', 'rejected', 'deferred'].flatMap((name) => textOf(row[name]) ?? [])[0];
  const code = state === undefined ? null : /^([2-5]\d\d)(?!\d)/.exec(state);
  const responseCode = code === null ? undefined : Number(code[1]);
  if (state === '-1') {
    const suppressed = 'DROP[suppressed] (email_state -1)';
    return { responseCode, details: line === undefined ? suppressed : `${line} ${suppressed}` };
  }
  return { responseCode, details: line ?? state };
}

/** A row is about one recipient. With several addresses nobody can know which one. */
function onlyAddressIn(value: unknown): string | undefined {
  const addresses = readMailboxes(value).map(({ address }) => address);
  const different = new Set(addresses.map((address) => address.toLowerCase()));
  return different.size === 1 ? addresses[0] : undefined;
}

function instantOf(value: unknown): Date | undefined {
  return typeof value === 'string' ? findInstant(value) : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = wholeText(String(value)).trim();
  return text === '' ? undefined : text;
}
