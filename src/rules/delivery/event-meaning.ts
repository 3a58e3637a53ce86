import { normalizeAddress } from '../../mail/email-address.ts';
import { normalizeMessageId } from '../../mail/message-id.ts';
import type { HistoryEvent } from '../../odoo/message-state.ts';
import type { OutboundEvent } from '../../sweego/outbound-event.ts';
import { classifyFailure } from './failure-class.ts';

type EventMeaning =
  /** Concerns one recipient of one message of Odoo. */
  | { kind: 'message'; messageId: string; event: HistoryEvent }
  /** Signed and readable, and nothing of Odoo depends on it. */
  | { kind: 'ignored'; reason: string }
  /** Would concern Odoo, but says not whom: never guessed. */
  | { kind: 'unmatchable'; reason: string };

/** Types that are known; `clicked_unsub` and `list_unsub` are only recorded. */
const knownTypes = new Set([
  'email_sent',
  'delivered',
  'soft_bounce',
  'hard_bounce',
  'undelivered',
  'complaint',
  'email_opened',
  'email_clicked',
  'list_unsub',
  'clicked_unsub',
]);

/**
 * What an event means before Odoo is asked. `email_sent` is never proof of delivery; types that no rule
 * knows are kept as ignored, so that they can be counted and looked at.
 */
export function readEventMeaning(sent: OutboundEvent): EventMeaning {
  if (sent.channel !== undefined && sent.channel !== 'email') {
    return { kind: 'ignored', reason: `channel ${nameOf(sent.channel)}` };
  }
  if (!knownTypes.has(sent.type)) return { kind: 'ignored', reason: `event type ${nameOf(sent.type)}` };
  const messageId = sent.messageIdHeader === undefined ? undefined : normalizeMessageId(sent.messageIdHeader);
  if (messageId === undefined) {
    return { kind: 'unmatchable', reason: 'the event carries no x-message-id: cannot be matched' };
  }
  const recipient = sent.recipient === undefined ? undefined : normalizeAddress(sent.recipient);
  if (recipient === undefined) {
    return { kind: 'unmatchable', reason: 'the event carries no recipient: cannot be matched' };
  }
  return { kind: 'message', messageId, event: historyEvent(sent, recipient) };
}

/** Reasons outlive the body they came from, so they quote of it what can only be a name. */
function nameOf(text: string): string {
  return /^[\w-]{1,40}$/.test(text) ? text : 'unreadable';
}

function historyEvent(sent: OutboundEvent, recipient: string): HistoryEvent {
  const line = sent.details ?? null;
  const label = labels[sent.type];
  const failure =
    label === undefined
      ? undefined
      : classifyFailure({
          label,
          responseCode: sent.responseCode ?? null,
          details: line,
          isBlacklisted: isBlacklisted(sent, recipient),
        });
  return {
    recipient,
    type: sent.type,
    at: sent.timestamp === undefined ? null : wholeSeconds(sent.timestamp),
    swg_uid: sent.swgUid ?? null,
    event_id: sent.eventId ?? null,
    transaction_id: sent.transactionId ?? null,
    wire_id: sent.wireMessageId ?? null,
    permanence: failure?.permanence ?? null,
    failure_type: failure?.failureType ?? null,
    reason: failure?.reason ?? null,
    smtp_line: failure === undefined ? null : line,
  };
}

/** Sweego's label of a failure, by event type. */
const labels: Readonly<Record<string, 'hard' | 'soft' | 'other'>> = {
  hard_bounce: 'hard',
  soft_bounce: 'soft',
  undelivered: 'other',
};

/** `x-emails-blacklisted` lists addresses that Sweego refused to send to. */
function isBlacklisted(sent: OutboundEvent, recipient: string): boolean {
  const listed = sent.headers.get('x-emails-blacklisted') ?? '';
  return listed.split(/[,;\s]+/).some((address) => normalizeAddress(address) === recipient);
}

/** Odoo keeps datetimes to the second; so events compare alike before and after they were kept. */
function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}
