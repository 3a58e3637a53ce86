import type { Failure } from './failure-class.ts';

/** Sweego's event types that say something about delivery, with `_` for every separator. */
export type DeliveryStatus =
  'email_sent' | 'soft_bounce' | 'delivered' | 'email_opened' | 'email_clicked' | 'hard_bounce' | 'complaint';

/** One event about one recipient of one message. */
export type DeliveryEvent = {
  status: DeliveryStatus;
  /** Normalised address. */
  recipient: string;
  /** swg_uid: one SMTP submission to one recipient. */
  uid: string | null;
  transactionId: string | null;
  /** The Message-Id that Sweego put on the wire. */
  wireMessageId: string | null;
  /** When it happened by Sweego's clock. */
  at: Date | null;
  /** Given with soft_bounce and hard_bounce. */
  failure: (Failure & { line: string | null }) | null;
};

/** What is believed of one recipient, as kept on his notification. */
export type RecipientState = {
  status: DeliveryStatus | null;
  at: Date | null;
  uid: string | null;
  transactionId: string | null;
  wireMessageId: string | null;
};

export const unknownState: RecipientState = {
  status: null,
  at: null,
  uid: null,
  transactionId: null,
  wireMessageId: null,
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
 * The status an event stands for: a bounce counts by how final it really is, not by Sweego's label, since a
 * `hard_bounce` with a 4xx reply is temporary.
 */
export function effectiveStatus(event: DeliveryEvent): DeliveryStatus {
  if (event.failure === null) return event.status;
  return event.failure.permanence === 'hard' ? 'hard_bounce' : 'soft_bounce';
}

/**
 * What is believed after an event. Within one submission the higher rank wins whatever the order of
 * arrival; a newer submission (a Retry) starts afresh; an event of an older one changes nothing. Ids that
 * were missing are filled in from any event of the same submission.
 *
 * @returns the same object when the event changes nothing
 */
export function nextState(state: RecipientState, event: DeliveryEvent): RecipientState {
  const status = effectiveStatus(event);
  if (isOtherSubmission(state, event)) {
    if (!isLater(event.at, state.at)) return state;
    return {
      status,
      at: event.at,
      uid: event.uid,
      transactionId: event.transactionId,
      wireMessageId: event.wireMessageId,
    };
  }
  const outweighs = state.status === null || ranking.indexOf(status) > ranking.indexOf(state.status);
  const next: RecipientState = {
    status: outweighs ? status : state.status,
    at: outweighs ? event.at : state.at,
    uid: state.uid ?? event.uid,
    transactionId: state.transactionId ?? event.transactionId,
    wireMessageId: state.wireMessageId ?? event.wireMessageId,
  };
  return isSameState(state, next) ? state : next;
}

/** Delivered, or something that only a delivered mail can do. */
export function isDelivered(status: DeliveryStatus | null): boolean {
  return (
    status === 'delivered' ||
    status === 'email_opened' ||
    status === 'email_clicked' ||
    status === 'complaint'
  );
}

export function isFailed(status: DeliveryStatus | null): boolean {
  return status === 'soft_bounce' || status === 'hard_bounce';
}

/** Reads a status back from where it was kept; undefined for anything that is none. */
export function parseDeliveryStatus(text: string): DeliveryStatus | undefined {
  return ranking.find((status) => status === text);
}

function isOtherSubmission(state: RecipientState, event: DeliveryEvent): boolean {
  return state.uid !== null && event.uid !== null && state.uid !== event.uid;
}

function isLater(one: Date | null, other: Date | null): boolean {
  if (one === null) return false;
  return other === null || one.getTime() > other.getTime();
}

function isSameState(one: RecipientState, other: RecipientState): boolean {
  return (
    one.status === other.status &&
    one.at?.getTime() === other.at?.getTime() &&
    one.uid === other.uid &&
    one.transactionId === other.transactionId &&
    one.wireMessageId === other.wireMessageId
  );
}
