import { normalizeAddress } from '../../mail/email-address.ts';
import { normalizeMessageId } from '../../mail/message-id.ts';
import type { HistoryEvent } from '../../odoo/message-state.ts';
import type { OutboundEvent } from '../../sweego/outbound-event.ts';
import { classifyFailure } from './failure-class.ts';

type EventMeaning =
  /** It is about one recipient of one message in Odoo. */
  | { kind: 'message'; messageId: string; event: HistoryEvent }
  /** It is signed and readable, but Odoo does not need it. */
  | { kind: 'ignored'; reason: string }
  /** Odoo would need it, but it does not name the message or the recipient. The bridge never guesses. */
  | { kind: 'unmatchable'; reason: string };

/** `clicked_unsub` and `list_unsub` are only recorded. */
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
 * What an event means, before Odoo is asked. `email_sent` is not a proof of delivery. Unknown types are ignored but kept,
 * so that an operator can count and read them.
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

/** The inbox keeps reasons longer than bodies, so a reason quotes only text that can be nothing but a name. */
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

/** Odoo stores whole seconds. Rounding here makes an event equal before and after it is stored. */
function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}
