import { BridgeError } from '../../errors.ts';
import type { Entry, Outcome } from '../../inbox/inbox.ts';
import type { BridgeSettings } from '../../odoo/bridge-answers.ts';
import type { MessageChange } from '../../odoo/message-change.ts';
import type { ReadAnswer, HistoryEvent } from '../../odoo/message-state.ts';
import { consequencesOf } from '../../rules/delivery/consequences.ts';
import { readEventMeaning } from '../../rules/delivery/event-meaning.ts';
import { mergeEvents } from '../../rules/delivery/merge-events.ts';
import { decideMessage, recordOnly } from '../../rules/delivery/message-outcome.ts';
import type { OdooFacts } from '../../rules/delivery/notification-values.ts';
import { findServer } from '../../rules/find-server.ts';
import { languageOf } from '../../rules/language.ts';
import { parseLogRow } from '../../sweego/log-row.ts';
import { parseOutboundEvent } from '../../sweego/outbound-event.ts';
import { parkedBy } from '../worker/lane.ts';
import type { EntryResult } from '../worker/lane.ts';

export type DecisionSettings = Pick<BridgeSettings, 'failure_types' | 'company_language' | 'servers'>;

/** One event of an entry about a message of Odoo. A row of Sweego's log may hold several events. */
export type Pending = { entry: Entry; messageId: string; event: HistoryEvent };

/** A change, the entries that it settles, and their outcome. */
export type Work = { change: MessageChange; pending: readonly Pending[]; outcome: Outcome };

const applied: Outcome = { outcome: 'applied' };

/** Reads the events of an entry. An entry about no message of Odoo gets its result at once. */
export function understand(entry: Entry): readonly Pending[] | EntryResult {
  try {
    const events = entry.kind === 'log' ? parseLogRow(entry.body) : [parseOutboundEvent(entry.body)];
    const meanings = events.map((event) =>
      readEventMeaning({ ...event, timestamp: event.timestamp ?? entry.receivedAt }),
    );
    const other = meanings.find((meaning) => meaning.kind !== 'message');
    if (other?.kind === 'unmatchable') {
      return { kind: 'park', code: 'EVENT_UNMATCHABLE', reason: other.reason };
    }
    const pending = meanings.flatMap((meaning) =>
      meaning.kind === 'message' ? [{ entry, messageId: meaning.messageId, event: meaning.event }] : [],
    );
    if (pending.length > 0) return pending;
    const reason = other?.reason ?? 'the log row contains no event';
    return { kind: 'settle', outcome: { outcome: 'ignored', reason } };
  } catch (error) {
    if (error instanceof BridgeError) return parkedBy(error);
    throw error;
  }
}

/** Decides about the events of one Message-Id. Entries without any effect get their result here. */
export function decideEvents(
  settings: DecisionSettings,
  answer: ReadAnswer,
  messageId: string,
  pending: readonly Pending[],
  results: Map<number, EntryResult>,
): Work[] {
  const messages = answer.messages.filter((state) => state.message_id === messageId);
  if (messages.length === 0) return continueHistory(settings, answer, messageId, pending, results);
  const events = pending.map(({ event }) => event);
  const decisions = messages.map((message) => decideMessage(message, events, factsOf(settings)));
  if (decisions.length > 1 && decisions.some(({ verdicts }) => verdicts.includes('defer'))) {
    // Two messages with the same Message-Id share a history: when one must wait, both wait.
    for (const { entry } of pending) results.set(entry.id, resultOf(['defer']));
    return [];
  }
  for (const [index, { entry }] of pending.entries()) {
    const verdicts = decisions.map(({ verdicts: each }) => each[index]);
    if (!verdicts.includes('apply')) results.set(entry.id, resultOf(verdicts));
  }
  return decisions.flatMap(({ change, verdicts }) => {
    if (change === undefined) return [];
    const fresh = pending.filter((_, index) => verdicts[index] === 'apply');
    return [{ change: withConsequences(settings, change, fresh), pending: fresh, outcome: applied }];
  });
}

/** The message does not exist in Odoo. If it has a history, it was ours and was deleted: its events are recorded. */
function continueHistory(
  settings: DecisionSettings,
  answer: ReadAnswer,
  messageId: string,
  pending: readonly Pending[],
  results: Map<number, EntryResult>,
): Work[] {
  const known = answer.gone.find((each) => each.message_id === messageId);
  if (known === undefined) {
    for (const { entry } of pending) results.set(entry.id, { kind: 'unknown_message' });
    return [];
  }
  const events = pending.map(({ event }) => event);
  const news = mergeEvents(known.events, events).fresh;
  const fresh = pending.filter(({ event }) => news.includes(event));
  for (const each of pending.filter((one) => !fresh.includes(one))) {
    results.set(each.entry.id, { kind: 'settle', outcome: { outcome: 'superseded' } });
  }
  if (fresh.length === 0) return [];
  const change = withConsequences(settings, recordOnly(known, events, factsOf(settings)), fresh);
  const outcome: Outcome =
    change.trace_writes.length > 0
      ? applied
      : { outcome: 'ignored', reason: 'the message was deleted in Odoo' };
  return [{ change, pending: fresh, outcome }];
}

/** Adds what the options of the mail server ask for. The secret that verified the event identifies the server. */
function withConsequences(
  settings: DecisionSettings,
  change: MessageChange,
  fresh: readonly Pending[],
): MessageChange {
  const events = fresh.map(({ entry, event }) => ({
    event,
    options: findServer(settings.servers, entry.secretId),
  }));
  return { ...change, ...consequencesOf(events) };
}

function factsOf(settings: DecisionSettings): OdooFacts {
  return { failureTypes: settings.failure_types, language: languageOf(settings.company_language) };
}

function resultOf(verdicts: readonly (string | undefined)[]): EntryResult {
  if (verdicts.includes('defer')) return { kind: 'busy', reason: 'a mail of the message is outgoing' };
  if (verdicts.includes('superseded')) return { kind: 'settle', outcome: { outcome: 'superseded' } };
  return { kind: 'park', code: 'EVENT_UNMATCHED', reason: 'the message has no such recipient' };
}
