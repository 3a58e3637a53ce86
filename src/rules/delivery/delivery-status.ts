import type { HistoryEvent } from '../../odoo/message-state.ts';
import { eventKey } from './event-key.ts';

/** Event types that change the status of a mail. Others are only recorded. */
type DeliveryStatus =
  'email_sent' | 'soft_bounce' | 'delivered' | 'email_opened' | 'email_clicked' | 'hard_bounce' | 'complaint';

/** The delivery status of one recipient, derived from all events about them. */
export type RecipientState = {
  /** `null` when no event changes the status. */
  status: DeliveryStatus | null;
  /** swg_uid of the newest submission. */
  uid: string | null;
  transactionId: string | null;
  /** The wire id of this submission. */
  wireMessageId: string | null;
  /** The event that gives the status. */
  event: HistoryEvent | null;
};

/** Within one submission, a later status of this list overrides an earlier one. */
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
 * The status of a recipient. Only the newest submission counts, because a Retry starts a new one. Within it, the event
 * with the highest rank counts. The result depends only on the set of events, not on the order of their arrival, so
 * repetitions and late events change nothing. The ids come from any event of the submission.
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
 * The status that an event means. A bounce counts by its permanence, not by Sweego's label: a `hard_bounce` with a 4xx
 * reply is temporary. A recipient who unsubscribes by a link in the mail has received it. `null` for types that are only
 * recorded.
 */
function effectiveStatus(event: HistoryEvent): DeliveryStatus | null {
  if (event.permanence !== null) return event.permanence === 'hard' ? 'hard_bounce' : 'soft_bounce';
  if (event.type === 'clicked_unsub') return 'delivered';
  return ranking.find((status) => status === event.type) ?? null;
}

/** Whether the mail was delivered. Only a delivered mail can be opened, clicked or complained about. */
export function isDelivered(status: DeliveryStatus | null): boolean {
  return status !== null && ['delivered', 'email_opened', 'email_clicked', 'complaint'].includes(status);
}

export function isFailed(status: DeliveryStatus | null): boolean {
  return status === 'soft_bounce' || status === 'hard_bounce';
}

/**
 * Whether two events are the same: they have the same `event_id`, or the same submission, type and second, because an
 * event that is sent again may have a new id. A row of Sweego's log has no event ids and not all times. So an event from the
 * log is the same as any event of its submission with the same `eventKey`.
 */
export function isSameEvent(one: HistoryEvent, other: HistoryEvent): boolean {
  if (one.event_id !== null && one.event_id === other.event_id) return true;
  if (one.swg_uid === null || one.swg_uid !== other.swg_uid) return false;
  if (isFromLog(one) || isFromLog(other)) return eventKey(one) === eventKey(other);
  return one.type === other.type && one.at?.getTime() === other.at?.getTime();
}

/**
 * Whether `other`, which repeats the event `known`, replaces it. Only an event from Sweego's log is replaced. A webhook
 * replaces it, because it holds more: the wire id, the whole SMTP line, and the server whose options apply. Of two events
 * from the log, the one with an SMTP line is kept, else the later one.
 */
export function isReplacedBy(known: HistoryEvent, other: HistoryEvent): boolean {
  if (!isFromLog(known)) return false;
  if (!isFromLog(other)) return true;
  const lines = Number(other.smtp_line !== null) - Number(known.smtp_line !== null);
  const times = (other.at?.getTime() ?? 0) - (known.at?.getTime() ?? 0);
  return (lines || times || compareText(other.event_id ?? '', known.event_id ?? '')) > 0;
}

/** The `event_id` of an event from the log is made from its row, which has none. */
export function isFromLog(event: HistoryEvent): boolean {
  return event.event_id?.startsWith('log:') === true;
}

/**
 * The events of the newest submission. Submissions are compared by their earliest known event. Every event of a Retry is
 * later than the first event of the submission before it, even when that one gets further events later.
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

/** Any order that is always the same: by time, then by content. */
function compare(one: HistoryEvent, other: HistoryEvent): number {
  const times = (one.at?.getTime() ?? 0) - (other.at?.getTime() ?? 0);
  return times || compareText(JSON.stringify(one), JSON.stringify(other));
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
