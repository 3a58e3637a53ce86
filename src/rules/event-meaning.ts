import type { DeliveryEvent, DeliveryStatus } from './delivery-status.ts';
import { normalizeAddress } from './email-address.ts';
import { classifyFailure } from './failure-class.ts';
import { normalizeMessageId } from './message-id.ts';

/** What an outbound event carries, as Sweego's wire was read. */
export type EventFacts = {
  /** Lower-case with underscores. */
  type: string;
  channel: string | undefined;
  timestamp: Date | undefined;
  swgUid: string | undefined;
  transactionId: string | undefined;
  recipient: string | undefined;
  messageIdHeader: string | undefined;
  responseCode: number | undefined;
  details: string | undefined;
  wireMessageId: string | undefined;
};

export type EventMeaning =
  /** Concerns one recipient of one message of Odoo. */
  | { kind: 'delivery'; messageId: string; event: DeliveryEvent }
  /** Signed and readable, and nothing of Odoo depends on it. */
  | { kind: 'ignored'; reason: string }
  /** Would concern Odoo, but says not whom: never guessed. */
  | { kind: 'unmatchable'; reason: string };

const statuses: Readonly<Record<string, DeliveryStatus>> = {
  email_sent: 'email_sent',
  delivered: 'delivered',
  soft_bounce: 'soft_bounce',
  hard_bounce: 'hard_bounce',
};

/**
 * What an event means before Odoo is asked. `email_sent` is never proof of delivery; types that no rule
 * knows are kept as ignored, so that they can be counted and looked at.
 */
export function readEventMeaning(facts: EventFacts): EventMeaning {
  if (facts.channel !== undefined && facts.channel !== 'email') {
    return { kind: 'ignored', reason: `channel ${facts.channel}` };
  }
  const status = statuses[facts.type];
  if (status === undefined) return { kind: 'ignored', reason: `event type ${facts.type}` };
  const messageId =
    facts.messageIdHeader === undefined ? undefined : normalizeMessageId(facts.messageIdHeader);
  if (messageId === undefined) {
    return { kind: 'unmatchable', reason: 'the event carries no x-message-id: cannot be matched' };
  }
  const recipient = facts.recipient === undefined ? undefined : normalizeAddress(facts.recipient);
  if (recipient === undefined) {
    return { kind: 'unmatchable', reason: 'the event carries no recipient: cannot be matched' };
  }
  return {
    kind: 'delivery',
    messageId,
    event: {
      status,
      recipient,
      uid: facts.swgUid ?? null,
      transactionId: facts.transactionId ?? null,
      wireMessageId: facts.wireMessageId ?? null,
      at: facts.timestamp ?? null,
      failure: status === 'soft_bounce' || status === 'hard_bounce' ? failureOf(facts, status) : null,
    },
  };
}

function failureOf(facts: EventFacts, status: 'soft_bounce' | 'hard_bounce'): DeliveryEvent['failure'] {
  const details = facts.details ?? null;
  const failure = classifyFailure({
    label: status === 'hard_bounce' ? 'hard' : 'soft',
    responseCode: facts.responseCode ?? null,
    details,
  });
  return { ...failure, line: details };
}
