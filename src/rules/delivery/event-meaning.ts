import { normalizeAddress } from '../../mail/email-address.ts';
import { normalizeMessageId } from '../../mail/message-id.ts';
import { classifyFailure } from './failure-class.ts';
import type { HistoryEvent } from './message-state.ts';

/** What an outbound event carries, as Sweego's wire was read. */
export type EventFacts = {
  /** Lower-case with underscores. */
  type: string;
  channel: string | undefined;
  timestamp: Date | undefined;
  swgUid: string | undefined;
  eventId: string | undefined;
  transactionId: string | undefined;
  recipient: string | undefined;
  messageIdHeader: string | undefined;
  /** By lower-case name. */
  headers: ReadonlyMap<string, string>;
  responseCode: number | undefined;
  details: string | undefined;
  wireMessageId: string | undefined;
};

export type EventMeaning =
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
export function readEventMeaning(facts: EventFacts): EventMeaning {
  if (facts.channel !== undefined && facts.channel !== 'email') {
    return { kind: 'ignored', reason: `channel ${nameOf(facts.channel)}` };
  }
  if (!knownTypes.has(facts.type)) return { kind: 'ignored', reason: `event type ${nameOf(facts.type)}` };
  const messageId =
    facts.messageIdHeader === undefined ? undefined : normalizeMessageId(facts.messageIdHeader);
  if (messageId === undefined) {
    return { kind: 'unmatchable', reason: 'the event carries no x-message-id: cannot be matched' };
  }
  const recipient = facts.recipient === undefined ? undefined : normalizeAddress(facts.recipient);
  if (recipient === undefined) {
    return { kind: 'unmatchable', reason: 'the event carries no recipient: cannot be matched' };
  }
  return { kind: 'message', messageId, event: historyEvent(facts, recipient) };
}

/** Reasons outlive the body they came from, so they quote of it what can only be a name. */
function nameOf(text: string): string {
  return /^[\w-]{1,40}$/.test(text) ? text : 'unreadable';
}

function historyEvent(facts: EventFacts, recipient: string): HistoryEvent {
  const line = facts.details ?? null;
  const label = labels[facts.type];
  const failure =
    label === undefined
      ? undefined
      : classifyFailure({
          label,
          responseCode: facts.responseCode ?? null,
          details: line,
          isBlacklisted: isBlacklisted(facts, recipient),
        });
  return {
    recipient,
    type: facts.type,
    at: facts.timestamp === undefined ? null : wholeSeconds(facts.timestamp),
    swg_uid: facts.swgUid ?? null,
    event_id: facts.eventId ?? null,
    transaction_id: facts.transactionId ?? null,
    wire_id: facts.wireMessageId ?? null,
    permanence: failure?.permanence ?? null,
    failure_type: failure?.failureType ?? null,
    reason: failure?.reason ?? null,
    line: failure === undefined ? null : line,
  };
}

/** Sweego's label of a failure, by event type. */
const labels: Readonly<Record<string, 'hard' | 'soft' | 'other'>> = {
  hard_bounce: 'hard',
  soft_bounce: 'soft',
  undelivered: 'other',
};

/** `x-emails-blacklisted` lists addresses that Sweego refused to send to. */
function isBlacklisted(facts: EventFacts, recipient: string): boolean {
  const listed = facts.headers.get('x-emails-blacklisted') ?? '';
  return listed.split(/[,;\s]+/).some((address) => normalizeAddress(address) === recipient);
}

/** Odoo keeps datetimes to the second; so events compare alike before and after they were kept. */
function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}
