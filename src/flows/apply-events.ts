import { BridgeError } from '../errors.ts';
import type { Entry } from '../inbox/inbox.ts';
import type { BridgeActions } from '../odoo/bridge-actions.ts';
import {
  decideEvents,
  understand,
  type DecisionSettings,
  type EntryResult,
  type Pending,
  type Work,
} from './decide-events.ts';

export type ApplyEventsDeps = {
  actions: Pick<BridgeActions, 'read' | 'apply'>;
  settings: DecisionSettings;
  log: {
    info(fields: Readonly<Record<string, unknown>>, message: string): void;
    warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  };
};

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

/** One read and one apply. Returns what must be decided anew because the message moved in between. */
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
        if (outcome === 'applied') results.set(entry.id, { kind: 'settle', outcome: item.outcome });
        else if (outcome === 'gone') results.set(entry.id, { kind: 'unknown_message' });
        else results.set(entry.id, { kind: 'busy', reason: 'a mail of the message is outgoing' });
      }
      if (outcome === 'applied') logApplied(deps, item);
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
