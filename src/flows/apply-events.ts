import { BridgeError } from '../errors.ts';
import type { Entry, Outcome } from '../inbox/inbox.ts';
import type { BridgeActions, BridgeSettings, ReadAnswer } from '../odoo/bridge-actions.ts';
import { isSameEvent } from '../rules/delivery-status.ts';
import { readEventMeaning } from '../rules/event-meaning.ts';
import { languageOf } from '../rules/failure-text.ts';
import { decideMessage, recordOnly } from '../rules/message-outcome.ts';
import type { HistoryEvent, MessageChange } from '../rules/message-state.ts';
import type { OdooFacts } from '../rules/notification-values.ts';
import { parseOutboundEvent } from '../sweego/outbound-event.ts';

/** What became of an entry in this round. */
export type EntryResult =
  | { kind: 'settle'; outcome: Outcome }
  /** Odoo does not show the message (yet). */
  | { kind: 'unknown_message' }
  /** Odoo is sending a mail of the message, or the message moved while it was decided on. */
  | { kind: 'busy'; reason: string }
  | { kind: 'failed'; error: BridgeError }
  | { kind: 'park'; reason: string };

export type ApplyEventsDeps = {
  actions: Pick<BridgeActions, 'read' | 'apply'>;
  settings: Pick<BridgeSettings, 'failure_types' | 'company_language'>;
  log: {
    info(fields: Readonly<Record<string, unknown>>, message: string): void;
    warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  };
};

/** An entry that concerns a message of Odoo. */
type Pending = { entry: Entry; messageId: string; event: HistoryEvent };
/** A change with the entries that it settles. */
type Work = { change: MessageChange; pending: readonly Pending[]; outcome: Outcome };

const applied: Outcome = { outcome: 'applied' };

/** Rounds of read and apply before a message that keeps moving is left for later. */
const mostRounds = 3;

/**
 * Brings a batch of outbound events to Odoo: parse, read, decide, apply. Every entry gets a result.
 *
 * @throws BridgeError with nothing said about the entries. Repeating is safe, also for a part of them, since
 *   every decision starts from what is read: of scope `entry`, one of them is at fault (isolate-failures).
 */
export async function applyEvents(
  deps: ApplyEventsDeps,
  entries: readonly Entry[],
): Promise<ReadonlyMap<number, EntryResult>> {
  const results = new Map<number, EntryResult>();
  let open: Pending[] = [];
  for (const entry of entries) {
    const understood = understand(entry);
    if ('kind' in understood) results.set(entry.id, understood);
    else open.push(understood);
  }
  for (let round = 0; round < mostRounds && open.length > 0; round += 1) {
    open = await runRound(deps, open, results);
  }
  for (const { entry } of open) {
    results.set(entry.id, { kind: 'busy', reason: 'the message moved while it was decided on' });
  }
  return results;
}

function understand(entry: Entry): Pending | EntryResult {
  try {
    const event = parseOutboundEvent(entry.body);
    const meaning = readEventMeaning({ ...event, timestamp: event.timestamp ?? entry.receivedAt });
    if (meaning.kind === 'ignored') {
      return { kind: 'settle', outcome: { outcome: 'ignored', reason: meaning.reason } };
    }
    if (meaning.kind === 'unmatchable')
      return { kind: 'park', reason: `EVENT_UNMATCHABLE: ${meaning.reason}` };
    return { entry, messageId: meaning.messageId, event: meaning.event };
  } catch (error) {
    if (error instanceof BridgeError) return { kind: 'park', reason: `${error.code}: ${error.message}` };
    throw error;
  }
}

/** One read and one apply. Returns what must be decided anew because the message moved in between. */
async function runRound(
  deps: ApplyEventsDeps,
  open: readonly Pending[],
  results: Map<number, EntryResult>,
): Promise<Pending[]> {
  const answer = await deps.actions.read([...new Set(open.map(({ messageId }) => messageId))]);
  const groups = groupByMessage(open);
  const work = [...groups].flatMap(([messageId, pending]) =>
    decide(deps, answer, messageId, pending, results),
  );
  return applyWork(deps, work, results);
}

function decide(
  deps: ApplyEventsDeps,
  answer: ReadAnswer,
  messageId: string,
  pending: readonly Pending[],
  results: Map<number, EntryResult>,
): Work[] {
  const messages = answer.messages.filter((state) => state.message_id === messageId);
  if (messages.length === 0) return continueHistory(answer, messageId, pending, results);
  const events = pending.map(({ event }) => event);
  const decisions = messages.map((message) => decideMessage(message, events, factsOf(deps)));
  if (decisions.length > 1 && decisions.some(({ verdicts }) => verdicts.includes('defer'))) {
    // Two messages with one Message-Id share a history: what one of them must wait for, both wait for.
    for (const { entry } of pending) results.set(entry.id, resultOf(['defer']));
    return [];
  }
  for (const [index, { entry }] of pending.entries()) {
    const verdicts = decisions.map(({ verdicts: each }) => each[index]);
    if (!verdicts.includes('apply')) results.set(entry.id, resultOf(verdicts));
  }
  return decisions.flatMap(({ change, verdicts }) =>
    change === undefined
      ? []
      : [{ change, pending: pending.filter((_, index) => verdicts[index] === 'apply'), outcome: applied }],
  );
}

/** The message is not there. With a history of it, it was ours and is gone: what happens to it is recorded. */
function continueHistory(
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
  const fresh = pending.filter(({ event }) => !known.events.some((each) => isSameEvent(each, event)));
  for (const each of pending.filter((one) => !fresh.includes(one))) {
    results.set(each.entry.id, { kind: 'settle', outcome: { outcome: 'superseded' } });
  }
  if (fresh.length === 0) return [];
  const change = recordOnly(
    messageId,
    fresh.map(({ event }) => event),
  );
  return [
    { change, pending: fresh, outcome: { outcome: 'ignored', reason: 'the message was deleted in Odoo' } },
  ];
}

function factsOf({ settings }: ApplyEventsDeps): OdooFacts {
  return { failureTypes: settings.failure_types, language: languageOf(settings.company_language) };
}

function resultOf(verdicts: readonly (string | undefined)[]): EntryResult {
  if (verdicts.includes('defer')) return { kind: 'busy', reason: 'a mail of the message is outgoing' };
  if (verdicts.includes('superseded')) return { kind: 'settle', outcome: { outcome: 'superseded' } };
  return { kind: 'park', reason: 'EVENT_UNMATCHED: the message has no such recipient' };
}

/** Applies changes in one transaction of Odoo: one that fails undoes all, and is thrown. */
async function applyWork(
  deps: ApplyEventsDeps,
  work: readonly Work[],
  results: Map<number, EntryResult>,
): Promise<Pending[]> {
  if (work.length === 0) return [];
  const outcomes = await deps.actions.apply(work.map(({ change }) => change));
  return work.flatMap((item, index) => {
    const outcome = outcomes[index];
    if (outcome === 'stale') return item.pending;
    for (const { entry } of item.pending) {
      if (outcome === 'applied') results.set(entry.id, { kind: 'settle', outcome: item.outcome });
      else if (outcome === 'gone') results.set(entry.id, { kind: 'unknown_message' });
      else results.set(entry.id, { kind: 'busy', reason: 'a mail of the message is outgoing' });
    }
    if (outcome === 'applied') logApplied(deps, item);
    return [];
  });
}

/** The phrases of the administrator's guide, so that its readers find them in the log. */
function logApplied(deps: ApplyEventsDeps, { change, pending }: Work): void {
  const message = change.message ?? 0;
  for (const mailId of change.mail_unlinks) {
    deps.log.info({ message }, `mail.mail ${mailId} confirmed by Sweego → deleting`);
  }
  for (const { id, values } of change.mail_writes) {
    if (values.state === 'exception')
      deps.log.info({ message }, `mail.mail ${id} marked undelivered by Sweego`);
  }
  for (const { entry, event } of pending) {
    if (event.type === 'complaint')
      deps.log.warn({ message, entry: entry.id }, 'recipient complained of spam');
  }
}

function groupByMessage(open: readonly Pending[]): Map<string, Pending[]> {
  const groups = new Map<string, Pending[]>();
  for (const pending of open) {
    groups.set(pending.messageId, [...(groups.get(pending.messageId) ?? []), pending]);
  }
  return groups;
}
