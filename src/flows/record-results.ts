import type { Entry, Inbox, Outcome } from '../inbox/inbox.ts';
import { failedEntryDelayMs, sendingDelayMs, unknownMessageDelayMs } from '../rules/retry.ts';
import type { EntryResult } from './decide-events.ts';

export type RecordDeps = {
  inbox: Pick<Inbox, 'settle' | 'wait' | 'park'>;
  now: () => Date;
  log: {
    warn(fields: Readonly<Record<string, unknown>>, message: string): void;
    error(fields: Readonly<Record<string, unknown>>, message: string): void;
  };
};

/**
 * Writes into the inbox what became of claimed entries: settled, put back for a while, or parked.
 *
 * @throws BridgeError INBOX_*
 */
export async function recordResults(
  deps: RecordDeps,
  entries: readonly Entry[],
  results: ReadonlyMap<number, EntryResult>,
): Promise<void> {
  const settled = new Map<string, { ids: number[]; outcome: Outcome }>();
  for (const entry of entries) {
    const result = results.get(entry.id) ?? { kind: 'busy', reason: 'nothing was decided' };
    const outcome = result.kind === 'settle' ? result.outcome : outcomeOfUnknown(entry, result);
    if (outcome === undefined) await recordUnsettled(deps, entry, result);
    else {
      const key = JSON.stringify(outcome);
      const group = settled.get(key) ?? { ids: [], outcome };
      group.ids.push(entry.id);
      settled.set(key, group);
    }
  }
  for (const { ids, outcome } of settled.values()) await deps.inbox.settle(ids, outcome, deps.now());
}

/** An event whose message Odoo has not shown for long enough is another database's, or its message is gone. */
function outcomeOfUnknown(entry: Entry, result: EntryResult): Outcome | undefined {
  if (result.kind !== 'unknown_message' || unknownMessageDelayMs(entry.waits) !== undefined) return undefined;
  return { outcome: 'ignored', reason: 'no such message in this Odoo: not ours, or gone' };
}

async function recordUnsettled(deps: RecordDeps, entry: Entry, result: EntryResult): Promise<void> {
  const now = deps.now();
  const wait = (delayMs: number, reason: string, counts: 'attempt' | 'wait'): Promise<void> =>
    deps.inbox.wait([entry.id], { until: new Date(now.getTime() + delayMs), reason, counts, now });
  if (result.kind === 'park') {
    deps.log.warn({ entry: entry.id, code: result.reason.split(':', 1)[0] }, 'entry parked');
    await deps.inbox.park([entry.id], result.reason, now);
  } else if (result.kind === 'busy') {
    await wait(sendingDelayMs(entry.waits), result.reason, 'wait');
  } else if (result.kind === 'wait') {
    await wait(result.delayMs, result.reason, 'wait');
  } else if (result.kind === 'unknown_message') {
    await wait(unknownMessageDelayMs(entry.waits) ?? 0, 'Odoo does not show this message (yet)', 'wait');
  } else if (result.kind === 'failed') {
    const reason = `${result.error.code}: ${result.error.message}`;
    const delayMs = failedEntryDelayMs(entry.attempts);
    if (delayMs === undefined) {
      deps.log.error({ entry: entry.id, code: result.error.code }, 'entry parked after its last attempt');
      await deps.inbox.park([entry.id], reason, now);
    } else await wait(delayMs, reason, 'attempt');
  }
}
