import type { Entry } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import type { BridgeActions } from '../../odoo/bridge-actions.ts';
import type { EntryResult } from '../worker/lane.ts';
import { decideEvents, understand } from './decide-events.ts';
import type { DecisionSettings, Pending, Work } from './decide-events.ts';

export type ApplyEventsDeps = {
  actions: Pick<BridgeActions, 'read' | 'apply'>;
  settings: DecisionSettings;
  log: Pick<Log, 'info' | 'warn'>;
};

/** Rounds of read and apply before a message that keeps changing is postponed. */
const mostRounds = 3;

/**
 * Applies a batch of outbound events in Odoo: parse, read, decide, apply. Every entry gets a result.
 *
 * @throws BridgeError: no entry has a result. Repeating the batch or a part of it is safe, because every decision
 *   starts from a new reading. With scope `entry`, one of the entries is at fault (see isolate-failures).
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
    else open.push(...understood);
  }
  for (let round = 0; round < mostRounds && open.length > 0; round += 1) {
    open = await runRound(deps, open, results);
  }
  for (const { entry } of open) {
    results.set(entry.id, { kind: 'busy', reason: 'the message moved while it was decided on' });
  }
  return results;
}

/** One read and one apply. Returns the events to decide again, because their message changed in between. */
async function runRound(
  deps: ApplyEventsDeps,
  open: readonly Pending[],
  results: Map<number, EntryResult>,
): Promise<Pending[]> {
  const answer = await deps.actions.read([...new Set(open.map(({ messageId }) => messageId))]);
  const groups = groupByMessage(open);
  const work = [...groups].flatMap(([messageId, pending]) =>
    decideEvents(deps.settings, answer, messageId, pending, results),
  );
  return applyWork(deps, work, results);
}

/** Applies the changes in one transaction of Odoo: when one fails, all are undone and the error is thrown. */
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

/** The French administrator's document asks its readers to search for these phrases. */
function logApplied(deps: ApplyEventsDeps, { change, pending }: Work): void {
  const message = change.message ?? 0;
  for (const mailId of change.mail_unlinks) {
    deps.log.info({ message }, `mail.mail ${mailId} confirmed by Sweego → deleting`);
  }
  for (const { id, values } of change.mail_writes) {
    if (values.state === 'exception') {
      deps.log.info({ message }, `mail.mail ${id} marked undelivered by Sweego`);
    }
  }
  for (const { entry, event } of pending) {
    if (event.type === 'complaint') {
      deps.log.warn({ message, entry: entry.id }, 'recipient complained of spam');
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
