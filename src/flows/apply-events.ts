import { BridgeError } from '../errors.ts';
import type { Entry, Outcome } from '../inbox/inbox.ts';
import type { BridgeActions, BridgeSettings } from '../odoo/bridge-actions.ts';
import type { DeliveryEvent } from '../rules/delivery-status.ts';
import { readEventMeaning } from '../rules/event-meaning.ts';
import { decideMessage } from '../rules/message-outcome.ts';
import type { MessageChange } from '../rules/message-state.ts';
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
  settings: Pick<BridgeSettings, 'failure_types'>;
  log: { info(fields: Readonly<Record<string, unknown>>, message: string): void };
};

/** An entry that concerns a message of Odoo. */
type Pending = { entry: Entry; messageId: string; event: DeliveryEvent };
/** A change with the entries that it settles. */
type Work = { change: MessageChange; pending: readonly Pending[] };

/** Rounds of read and apply before a message that keeps moving is left for later. */
const mostRounds = 3;

/**
 * Brings a batch of outbound events to Odoo: parse, read, decide, apply. Every entry gets a result.
 *
 * @throws BridgeError of scope `odoo` (or `bridge`), with nothing said about the entries: they are to be
 *   given back untouched. Repeating is safe, since every decision starts from what is read.
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
    const meaning = readEventMeaning(parseOutboundEvent(entry.body));
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
  const states = await deps.actions.read([...new Set(open.map(({ messageId }) => messageId))]);
  const work: Work[] = [];
  for (const [messageId, pending] of groupByMessage(open)) {
    const messages = states.filter((state) => state.message_id === messageId);
    if (messages.length === 0) {
      for (const { entry } of pending) results.set(entry.id, { kind: 'unknown_message' });
      continue;
    }
    work.push(...decide(deps, messages, pending, results));
  }
  return applyWork(deps, work, results);
}

function decide(
  deps: ApplyEventsDeps,
  messages: Awaited<ReturnType<BridgeActions['read']>>,
  pending: readonly Pending[],
  results: Map<number, EntryResult>,
): Work[] {
  const work: Work[] = [];
  const verdictsOf = new Map<number, string[]>();
  for (const message of messages) {
    const { change, verdicts } = decideMessage(
      message,
      pending.map(({ event }) => event),
      deps.settings.failure_types,
    );
    for (const [index, { entry }] of pending.entries()) {
      verdictsOf.set(entry.id, [...(verdictsOf.get(entry.id) ?? []), verdicts[index] ?? 'unmatched']);
    }
    const applied = pending.filter((_, index) => verdicts[index] === 'apply');
    if (change !== undefined) work.push({ change, pending: applied });
  }
  for (const { entry } of pending) {
    const verdicts = verdictsOf.get(entry.id) ?? [];
    if (verdicts.includes('apply')) continue;
    results.set(entry.id, resultOf(verdicts));
  }
  return work;
}

function resultOf(verdicts: readonly string[]): EntryResult {
  if (verdicts.includes('defer')) return { kind: 'busy', reason: 'a mail of the message is outgoing' };
  if (verdicts.includes('superseded')) return { kind: 'settle', outcome: { outcome: 'superseded' } };
  return { kind: 'park', reason: 'EVENT_UNMATCHED: the message has no such recipient' };
}

/**
 * Applies changes in one transaction of Odoo. A change that fails by itself would undo the whole batch, so
 * the batch is halved until the bad change stands alone.
 */
async function applyWork(
  deps: ApplyEventsDeps,
  work: readonly Work[],
  results: Map<number, EntryResult>,
): Promise<Pending[]> {
  if (work.length === 0) return [];
  try {
    const outcomes = await deps.actions.apply(work.map(({ change }) => change));
    return work.flatMap((item, index) => {
      const outcome = outcomes[index];
      if (outcome === 'stale') return item.pending;
      for (const { entry } of item.pending) {
        if (outcome === 'applied') results.set(entry.id, { kind: 'settle', outcome: { outcome: 'applied' } });
        else if (outcome === 'gone') results.set(entry.id, { kind: 'unknown_message' });
        else results.set(entry.id, { kind: 'busy', reason: 'a mail of the message is outgoing' });
      }
      if (outcome === 'applied') logApplied(deps, item.change);
      return [];
    });
  } catch (error) {
    if (!(error instanceof BridgeError) || error.scope !== 'entry') throw error;
    if (work.length === 1) {
      for (const { entry } of work[0]?.pending ?? []) results.set(entry.id, { kind: 'failed', error });
      return [];
    }
    const middle = Math.ceil(work.length / 2);
    const first = await applyWork(deps, work.slice(0, middle), results);
    const second = await applyWork(deps, work.slice(middle), results);
    return [...first, ...second];
  }
}

/** The phrases of the administrator's guide, so that its readers find them in the log. */
function logApplied(deps: ApplyEventsDeps, change: MessageChange): void {
  for (const mailId of change.mail_unlinks) {
    deps.log.info({ message: change.message }, `mail.mail ${mailId} confirmed by Sweego → deleting`);
  }
  for (const { id, values } of change.mail_writes) {
    if (values.state === 'exception') {
      deps.log.info({ message: change.message }, `mail.mail ${id} marked undelivered by Sweego`);
    }
  }
}

function groupByMessage(open: readonly Pending[]): Map<string, Pending[]> {
  const groups = new Map<string, Pending[]>();
  for (const pending of open) {
    groups.set(pending.messageId, [...(groups.get(pending.messageId) ?? []), pending]);
  }
  return groups;
}
