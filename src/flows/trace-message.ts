import type { EntrySummary, Inbox } from '../inbox/inbox.ts';
import type { BridgeActions } from '../odoo/bridge-actions.ts';
import type { ReadAnswer } from '../odoo/bridge-answers.ts';
import { isDelivered, isFailed, recipientState } from '../rules/delivery-status.ts';
import { readEventMeaning } from '../rules/event-meaning.ts';
import { createRecipientFinder, recipientsOf, type Recipient } from '../rules/message-recipient.ts';
import type { HistoryEvent } from '../rules/message-state.ts';
import { readLogRow } from '../sweego/log-row.ts';
import type { ReadLog } from './reconcile-domain.ts';

/** What Odoo shows of a recipient, in words. */
export type Verdict =
  | 'delivered'
  | 'failed'
  | 'failed for now'
  | 'sent again, no word yet'
  | 'no word yet'
  | 'not sent yet'
  | 'not sent: failed in Odoo'
  | 'not sent: cancelled in Odoo';

/** What is known of one recipient of a message. */
export type RecipientTrace = {
  address: string;
  verdict: Verdict;
  /** Oldest first. */
  events: readonly HistoryEvent[];
  /** What Sweego's log says at this moment; undefined when it was not asked. */
  asked: readonly HistoryEvent[] | undefined;
};

export type MessageTrace = {
  messageId: string;
  /** Where it belongs in Odoo; `null` when the message is gone or has no document. */
  document: { model: string; id: number } | null;
  isGone: boolean;
  recipients: readonly RecipientTrace[];
  /** Events of this message in the inbox and replies to it, oldest first. */
  entries: readonly EntrySummary[];
};

export type TraceDeps = {
  actions: Pick<BridgeActions, 'read'>;
  inbox: Pick<Inbox, 'list'>;
  /** Asks Sweego anew; left out when nobody wants that. */
  askSweego?: { readLog: ReadLog; from: Date };
};

/**
 * Everything that is known of messages: from Odoo's history, from the inbox and, when asked for, from Sweego's
 * log. It changes nothing. Message-Ids that nobody knows are left out.
 *
 * @throws BridgeError ODOO_*, INBOX_*, SWEEGO_*
 */
export async function traceMessages(deps: TraceDeps, messageIds: readonly string[]): Promise<MessageTrace[]> {
  const { messages, gone } = await deps.actions.read(messageIds);
  const traces: MessageTrace[] = [];
  for (const messageId of messageIds) {
    const state = messages.find((message) => message.message_id === messageId);
    const events = state?.events ?? gone.find((message) => message.message_id === messageId)?.events ?? [];
    const entries = await entriesAbout(deps.inbox, messageId, events);
    if (state === undefined && events.length === 0 && entries.length === 0) continue;
    const known = state === undefined ? goneRecipients(events) : recipientsOfState(state);
    const recipients = [];
    for (const recipient of known) {
      recipients.push({ ...recipient, asked: await askedOf(deps, messageId, recipient.address) });
    }
    const { model = null, res_id: id = null } = state ?? {};
    const document = model === null || id === null ? null : { model, id };
    traces.push({ messageId, document, isGone: state === undefined, recipients, entries });
  }
  return traces;
}

type KnownRecipient = Omit<RecipientTrace, 'asked'>;

function recipientsOfState(message: ReadAnswer['messages'][number]): KnownRecipient[] {
  const find = createRecipientFinder(message);
  return [...recipientsOf(message, message.events, message.events)].map(([key, recipient]) => {
    const events = message.events.filter((event) => find(event) === key);
    return { address: recipient.address, events: inOrder(events), verdict: verdictOf(events, recipient) };
  });
}

function goneRecipients(events: readonly HistoryEvent[]): KnownRecipient[] {
  const addresses = [...new Set(events.map(({ recipient }) => recipient))];
  return addresses.map((address) => {
    const own = events.filter(({ recipient }) => recipient === address);
    return { address, events: inOrder(own), verdict: verdictOf(own, { mails: [], notification: undefined }) };
  });
}

function verdictOf(
  events: readonly HistoryEvent[],
  { mails, notification }: Pick<Recipient, 'mails' | 'notification'>,
): Verdict {
  const { status } = recipientState(events);
  if (isDelivered(status)) return 'delivered';
  const states = new Set(mails.map(({ state }) => state));
  // The envelope, where there is one: a mail's state is that of all its recipients.
  const shown = notification?.status ?? (states.size === 1 ? [...states][0] : undefined);
  if (states.size === 1 && states.has('outgoing')) return 'not sent yet';
  if (isFailed(status)) {
    if (shown === 'sent') return 'sent again, no word yet';
    return status === 'hard_bounce' ? 'failed' : 'failed for now';
  }
  if (shown === 'canceled' || shown === 'cancel') return 'not sent: cancelled in Odoo';
  if (shown === 'exception' && status === null) return 'not sent: failed in Odoo';
  return 'no word yet';
}

function inOrder(events: readonly HistoryEvent[]): HistoryEvent[] {
  return [...events].sort((one, other) => (one.at?.getTime() ?? 0) - (other.at?.getTime() ?? 0));
}

/** By Odoo's Message-Id, and by those that Sweego put on the mails, which replies refer to. */
async function entriesAbout(
  inbox: TraceDeps['inbox'],
  messageId: string,
  events: readonly HistoryEvent[],
): Promise<EntrySummary[]> {
  const names = new Set([messageId, ...events.flatMap(({ wire_id: wireId }) => wireId ?? [])]);
  const found = new Map<number, EntrySummary>();
  for (const name of names) {
    for (const entry of await inbox.list({ terms: [`message-id:${name}`], limit: 1_000 })) {
      found.set(entry.id, entry);
    }
  }
  return [...found.values()].sort((one, other) => one.id - other.id);
}

async function askedOf(
  { askSweego }: TraceDeps,
  messageId: string,
  address: string,
): Promise<HistoryEvent[] | undefined> {
  if (askSweego === undefined) return undefined;
  const { readLog, from } = askSweego;
  const told = new Map<string, HistoryEvent>();
  for await (const { rows } of readLog({ channel: 'email', searchWord: address, from })) {
    for (const event of rows.flatMap((row) => readLogRow(row)?.readEvents() ?? [])) {
      const meaning = readEventMeaning(event);
      if (meaning.kind !== 'message' || meaning.messageId !== messageId) continue;
      told.set(meaning.event.event_id ?? '', meaning.event);
    }
  }
  return inOrder([...told.values()]);
}
