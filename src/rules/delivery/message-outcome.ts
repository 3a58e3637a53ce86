import type { MessageChange } from '../../odoo/message-change.ts';
import type { GoneMessage, HistoryEvent, MessageState, TraceState } from '../../odoo/message-state.ts';
import { recipientState } from './delivery-status.ts';
import { eventValues } from './event-values.ts';
import { mailOutcome } from './mail-outcome.ts';
import { logEventIds, mergeEvents } from './merge-events.ts';
import type { MergedEvents } from './merge-events.ts';
import { createRecipientFinder, isMoved, recipientsOf } from './message-recipient.ts';
import type { Recipient } from './message-recipient.ts';
import { notificationValues } from './notification-values.ts';
import type { OdooFacts } from './notification-values.ts';
import { traceValues } from './trace-values.ts';

/** The decision about one event. */
type Verdict =
  /** It is part of the change. Its entry is settled once Odoo has applied the change. */
  | 'apply'
  /** The history has it already, or another one of these events says the same or more. */
  | 'superseded'
  /** A mail that it is about is `outgoing`, so nothing may be written. */
  | 'defer'
  /** The message has no such recipient. */
  | 'unmatched';

type MessageDecision = {
  /** Undefined when nothing has to be written. */
  change: MessageChange | undefined;
  /** One per event, in order. */
  verdicts: readonly Verdict[];
};

/**
 * Decides what events change in one message of Odoo: its history, the notification of each recipient, and its mails. Every
 * new event is recorded, even if it changes nothing else. It replaces what Sweego's log said about it before.
 *
 * Nothing is written for a recipient whose mail is `outgoing`. Nothing is written for any recipient while a mail of the
 * message that is not a notification mail is `outgoing`. In these moments a write makes Odoo send the mail a second time.
 * A notification mail that waits for one recipient does not delay the others.
 *
 * @param events events about this message, in any order
 * @see Odoo mail.mail._send, mail.mail._postprocess_sent_message
 */
export function decideMessage(
  message: MessageState,
  events: readonly HistoryEvent[],
  facts: OdooFacts,
): MessageDecision {
  const find = createRecipientFinder(message);
  const known = recipientsOf(message, message.events, [...message.events, ...events]);
  const obstacles = events.map((event): Verdict | undefined => {
    const recipient = known.get(find(event) ?? '');
    if (recipient === undefined) return 'unmatched';
    return isBeingSent(message, recipient) ? 'defer' : undefined;
  });
  const possible = events.filter((_, index) => obstacles[index] === undefined);
  const merged = mergeEvents(message.events, possible);
  const verdicts = events.map(
    (event, index) => obstacles[index] ?? (merged.fresh.includes(event) ? 'apply' : 'superseded'),
  );
  return { change: merged.fresh.length === 0 ? undefined : changeOf(message, merged, facts), verdicts };
}

/** Adds new events to the history of a deleted message, and to the statistics of its campaign. */
export function recordOnly(
  gone: GoneMessage,
  events: readonly HistoryEvent[],
  facts: OdooFacts,
): MessageChange {
  const { all, fresh, replaced } = mergeEvents(gone.events, events);
  return {
    ...nothing,
    message: null,
    message_id: gone.message_id,
    expect: { mails: [], notifications: [], ...expectedHistory(gone.events) },
    event_replaces: logEventIds(replaced),
    event_creates: fresh.map((event) =>
      eventValues(
        gone.message_id,
        event,
        gone.traces.find(({ email }) => email === event.recipient)?.mail_id ?? 0,
      ),
    ),
    trace_writes: traceWrites(
      gone.traces,
      fresh,
      (event) => all.filter((each) => each.recipient === event.recipient),
      facts,
    ),
  };
}

const nothing: Omit<MessageChange, 'message' | 'message_id' | 'expect'> = {
  locked_mail_ids: [],
  notification_writes: [],
  notification_creates: [],
  mail_writes: [],
  mail_unlinks: [],
  event_replaces: [],
  event_creates: [],
  trace_writes: [],
  blacklisted: [],
  bounced_addresses: [],
  refresh: false,
};

function expectedHistory(
  events: readonly HistoryEvent[],
): Pick<MessageChange['expect'], 'events' | 'log_events'> {
  return { events: events.length, log_events: logEventIds(events) };
}

function traceWrites(
  traces: readonly TraceState[],
  fresh: readonly HistoryEvent[],
  eventsLike: (event: HistoryEvent) => readonly HistoryEvent[],
  facts: OdooFacts,
): MessageChange['trace_writes'] {
  return traces.flatMap((trace) => {
    const event = fresh.find((each) => each.recipient === trace.email);
    const values =
      event === undefined ? undefined : traceValues(recipientState(eventsLike(event)), trace, facts);
    return values === undefined ? [] : [{ id: trace.id, values }];
  });
}

function isBeingSent(message: MessageState, recipient: Recipient): boolean {
  const outgoing = message.mails.filter((mail) => mail.state === 'outgoing');
  return outgoing.some((mail) => !mail.is_notification || recipient.mails.includes(mail));
}

function changeOf(
  message: MessageState,
  { all, fresh, replaced }: MergedEvents,
  facts: OdooFacts,
): MessageChange {
  const find = createRecipientFinder(message);
  const recipients = recipientsOf(message, message.events, all);
  const concerned = new Set(fresh.flatMap((event) => recipients.get(find(event) ?? '') ?? []));
  const writes = [...concerned].flatMap((recipient) => {
    if (recipient.notification === undefined) return [];
    const values = notificationValues(recipient, recipient.notification, facts);
    return Object.keys(values).length === 0 ? [] : [{ id: recipient.notification.id, values }];
  });
  // Odoo can show a failure only on a notification, so the first failure creates one. It does so even when the failure is
  // over already, because what Odoo shows must not depend on the order of arrival.
  const newlyShown = [...concerned].filter(
    (recipient) =>
      recipient.notification === undefined &&
      fresh.some((event) => event.permanence !== null && recipients.get(find(event) ?? '') === recipient),
  );
  const touched = message.mails.filter((mail) => [...concerned].some(({ mails }) => mails.includes(mail)));
  const outcomes = touched
    .filter(() => [...concerned].some(isMoved))
    .map((mail) => ({ mail, ...mailOutcome(message, mail, recipients, facts) }));
  const mailIdOf = (event: HistoryEvent): number => recipients.get(find(event) ?? '')?.mails[0]?.id ?? 0;
  return {
    ...nothing,
    message: message.id,
    message_id: message.message_id,
    expect: {
      mails: message.mails.map(({ id, state }) => ({ id, state })),
      notifications: message.notifications.map((row) => ({
        id: row.id,
        status: row.status,
        uid: row.sweego_uid,
      })),
      ...expectedHistory(message.events),
    },
    locked_mail_ids: touched.map(({ id }) => id),
    notification_writes: writes,
    notification_creates: newlyShown.map((recipient) => ({
      mail_id: recipient.mails[0]?.id ?? null,
      mail_email_address: recipient.address,
      values: { notification_status: 'sent', ...notificationValues(recipient, undefined, facts) },
    })),
    mail_writes: outcomes.flatMap(({ mail, values, unlink }) =>
      unlink || Object.keys(values).length === 0 ? [] : [{ id: mail.id, values }],
    ),
    mail_unlinks: outcomes.flatMap(({ mail, unlink }) => (unlink ? [mail.id] : [])),
    event_replaces: logEventIds(replaced),
    event_creates: fresh.map((event) => eventValues(message.message_id, event, mailIdOf(event))),
    trace_writes: traceWrites(
      message.traces,
      fresh,
      (event) => all.filter((each) => find(each) === find(event)),
      facts,
    ),
    refresh: newlyShown.length > 0 || writes.some(({ values }) => values.notification_status !== undefined),
  };
}
