import type { EntrySummary, Inbox } from '../../inbox/inbox.ts';
import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import type { HistoryEvent, MessageState } from '../../odoo/message-state.ts';
import type { Document } from '../../odoo/reply-route.ts';
import { recipientState } from '../../rules/delivery/delivery-status.ts';
import { readEventMeaning } from '../../rules/delivery/event-meaning.ts';
import { createRecipientFinder, recipientsOf } from '../../rules/delivery/message-recipient.ts';
import type { ReadLog } from '../../sweego/log-pages.ts';
import { readLogRow } from '../../sweego/log-row.ts';
import { recipientVerdict } from './recipient-verdict.ts';
import type { RecipientVerdict } from './recipient-verdict.ts';

/** What is known of one recipient of a message. */
export type RecipientTrace = {
  address: string;
  verdict: RecipientVerdict;
  /** Oldest first. */
  events: readonly HistoryEvent[];
  /** The events in Sweego's log at this moment; undefined when it was not read. */
  asked: readonly HistoryEvent[] | undefined;
};

export type MessageTrace = {
  messageId: string;
  /** Its document in Odoo; `null` when the message was deleted or has no document. */
  document: Document | null;
  isGone: boolean;
  recipients: readonly RecipientTrace[];
  /** Events of this message in the inbox and replies to it, oldest first. */
  entries: readonly EntrySummary[];
};

export type TraceDeps = {
  actions: Pick<BridgeActions, 'read'>;
  inbox: Pick<Inbox, 'list'>;
  /** Also reads Sweego's log; left out when that is not wanted. */
  askSweego?: { readLog: ReadLog; from: Date };
};

/**
 * Collects everything that is known about messages: from Odoo's history, from the inbox and, on request, from Sweego's
 * log. Changes nothing. Leaves out unknown Message-Ids.
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

function recipientsOfState(message: MessageState): KnownRecipient[] {
  const find = createRecipientFinder(message);
  const recipients = recipientsOf(message, message.events, message.events);
  return [...recipients].map(([key, recipient]) => {
    const events = message.events.filter((event) => find(event) === key);
    const verdict = recipientVerdict(recipient, recipients.values());
    // The rules identify a recipient without an address by the notification.
    const address = recipient.address.includes('@') ? recipient.address : 'a recipient without address';
    return { address, events: inOrder(events), verdict };
  });
}

function goneRecipients(events: readonly HistoryEvent[]): KnownRecipient[] {
  const addresses = [...new Set(events.map(({ recipient }) => recipient))];
  return addresses.map((address) => {
    const own = events.filter(({ recipient }) => recipient === address);
    const state = recipientState(own);
    const recipient = { address, notification: undefined, mails: [], before: state, now: state };
    return { address, events: inOrder(own), verdict: recipientVerdict(recipient, []) };
  });
}

/** By Sweego's clock. Odoo stores whole seconds: within one second, `email_sent` comes first. */
function inOrder(events: readonly HistoryEvent[]): HistoryEvent[] {
  const rank = ({ type }: HistoryEvent) => (type === 'email_sent' ? 0 : 1);
  const timeOf = ({ at }: HistoryEvent) => at?.getTime() ?? 0;
  return [...events].sort((one, other) => timeOf(one) - timeOf(other) || rank(one) - rank(other));
}

/** Searches by Odoo's Message-Id and by those that Sweego put on the mails, because replies refer to these. */
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
  return [...found.values()].sort(
    (one, other) => one.receivedAt.getTime() - other.receivedAt.getTime() || one.id - other.id,
  );
}

async function askedOf(
  { askSweego }: TraceDeps,
  messageId: string,
  address: string,
): Promise<HistoryEvent[] | undefined> {
  if (askSweego === undefined) return undefined;
  const { readLog, from } = askSweego;
  const found = new Map<string, HistoryEvent>();
  for await (const { rows } of readLog({ channel: 'email', searchWord: address, from })) {
    for (const event of rows.flatMap((row) => readLogRow(row)?.readEvents() ?? [])) {
      const meaning = readEventMeaning(event);
      if (meaning.kind !== 'message' || meaning.messageId !== messageId) continue;
      found.set(meaning.event.event_id ?? '', meaning.event);
    }
  }
  return inOrder([...found.values()]);
}
