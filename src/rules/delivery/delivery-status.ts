import type { HistoryEvent } from '../../odoo/message-state.ts';
import { eventKey } from './event-key.ts';

/** Event types that say what became of a mail; others are only recorded. */
type DeliveryStatus =
  'email_sent' | 'soft_bounce' | 'delivered' | 'email_opened' | 'email_clicked' | 'hard_bounce' | 'complaint';

/** What is believed of one recipient, from everything that is known of him. */
export type RecipientState = {
  /** `null`: nothing that says what became of the mail. */
  status: DeliveryStatus | null;
  /** swg_uid of the submission that counts. */
  uid: string | null;
  transactionId: string | null;
  /** The Message-Id that this submission carries on the wire. */
  wireMessageId: string | null;
  /** The event that the status comes from. */
  event: HistoryEvent | null;
};

/** What outweighs what within one submission, weakest first. */
const ranking: readonly DeliveryStatus[] = [
  'email_sent',
  'soft_bounce',
  'delivered',
  'email_opened',
  'email_clicked',
  'hard_bounce',
  'complaint',
];

/**
 * What is believed of a recipient: only the newest submission counts (a Retry starts afresh), and within it
 * the event of the highest rank. It depends on the set of events alone, never on the order in which they
 * arrived, so repetitions and late ones change nothing. Ids come from any event of the submission.
 */
export function recipientState(events: readonly HistoryEvent[]): RecipientState {
  const newest = newestSubmission(events);
  const byWeight = [...newest].sort((one, other) => weight(other) - weight(one) || compare(other, one));
  const leading = byWeight[0];
  const status = leading === undefined ? null : effectiveStatus(leading);
  return {
    status,
    uid: leading?.swg_uid ?? null,
    transactionId: byWeight.find((event) => event.transaction_id !== null)?.transaction_id ?? null,
    wireMessageId: byWeight.find((event) => event.wire_id !== null)?.wire_id ?? null,
    event: status === null ? null : (leading ?? null),
  };
}

/**
 * The status an event stands for: a bounce counts by how final it really is, not by Sweego's label, since a
 * `hard_bounce` with a 4xx reply is temporary. Who unsubscribes by a link in the mail has got it. `null` for
 * types that are only recorded.
 */
function effectiveStatus(event: HistoryEvent): DeliveryStatus | null {
  if (event.permanence !== null) return event.permanence === 'hard' ? 'hard_bounce' : 'soft_bounce';
  if (event.type === 'clicked_unsub') return 'delivered';
  return ranking.find((status) => status === event.type) ?? null;
}

/** Delivered, or something that only a delivered mail can do. */
export function isDelivered(status: DeliveryStatus | null): boolean {
  return status !== null && ['delivered', 'email_opened', 'email_clicked', 'complaint'].includes(status);
}

export function isFailed(status: DeliveryStatus | null): boolean {
  return status === 'soft_bounce' || status === 'hard_bounce';
}

/**
 * Whether two events are one: the same `event_id`, or the same type at the same second of the same
 * submission, since a re-issued event may carry a new id. A row of Sweego's log knows neither the events' ids
 * nor all their times, so it repeats whatever says the same of its submission (`eventKey`).
 */
export function isSameEvent(one: HistoryEvent, other: HistoryEvent): boolean {
  if (one.event_id !== null && one.event_id === other.event_id) return true;
  if (one.swg_uid === null || one.swg_uid !== other.swg_uid) return false;
  if (isFromLog(one) || isFromLog(other)) return eventKey(one) === eventKey(other);
  return one.type === other.type && one.at?.getTime() === other.at?.getTime();
}

/**
 * Whether an event that is known gives way to another one that repeats it. Only one from Sweego's log does: a
 * webhook tells more (the Message-Id on the wire, the whole line, whose options count). Of two from the log the
 * one with a line counts, else the later one.
 */
export function givesWay(known: HistoryEvent, other: HistoryEvent): boolean {
  if (!isFromLog(known)) return false;
  if (!isFromLog(other)) return true;
  const lines = Number(other.smtp_line !== null) - Number(known.smtp_line !== null);
  const times = (other.at?.getTime() ?? 0) - (known.at?.getTime() ?? 0);
  return (lines || times || compareText(other.event_id ?? '', known.event_id ?? '')) > 0;
}

/** Its `event_id` is made from the log's row, since that has none. */
export function isFromLog(event: HistoryEvent): boolean {
  return event.event_id?.startsWith('log:') === true;
}

/**
 * The events of the submission that began last, by the earliest time known of each: all events of a Retry
 * are later than the first one of what it repeats, however late others of that arrive.
 */
function newestSubmission(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const submissions = new Map<string, HistoryEvent[]>();
  for (const event of events) {
    const key = event.swg_uid ?? '';
    submissions.set(key, [...(submissions.get(key) ?? []), event]);
  }
  const ordered = [...submissions].sort(
    ([oneKey, one], [otherKey, other]) => beginning(one) - beginning(other) || compareText(oneKey, otherKey),
  );
  return ordered.at(-1)?.[1] ?? [];
}

function beginning(events: readonly HistoryEvent[]): number {
  return Math.min(...events.map((event) => event.at?.getTime() ?? Number.MAX_SAFE_INTEGER));
}

function weight(event: HistoryEvent): number {
  const status = effectiveStatus(event);
  return status === null ? -1 : ranking.indexOf(status);
}

/** Any order, as long as it is always the same: later first in time, then by what the events say. */
function compare(one: HistoryEvent, other: HistoryEvent): number {
  const times = (one.at?.getTime() ?? 0) - (other.at?.getTime() ?? 0);
  return times || compareText(JSON.stringify(one), JSON.stringify(other));
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
