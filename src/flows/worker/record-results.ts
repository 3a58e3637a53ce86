import type { Entry, Inbox, Outcome } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import { failedEntryDelayMs, sendingDelayMs, unknownMessageDelayMs } from '../../rules/retry.ts';
import type { EntryResult } from './lane.ts';

export type RecordDeps = {
  inbox: Pick<Inbox, 'settle' | 'wait' | 'park'>;
  now: () => Date;
  log: Pick<Log, 'warn' | 'error'>;
};

/** What the inbox records for an entry. */
type WrittenResult =
  | { kind: 'settle'; outcome: Outcome }
  | { kind: 'wait'; delayMs: number; reason: string; counts: 'attempt' | 'wait' }
  | { kind: 'park'; reason: string };

/**
 * Records the results of claimed entries in the inbox: settled, waiting or parked. Entries with the same result share
 * a transaction, because each transaction costs a sync of the disk.
 *
 * @throws BridgeError INBOX_*
 */
export async function recordResults(
  deps: RecordDeps,
  entries: readonly Entry[],
  results: ReadonlyMap<number, EntryResult>,
): Promise<void> {
  const groups = new Map<string, { ids: number[]; record: WrittenResult }>();
  for (const entry of entries) {
    const result = results.get(entry.id) ?? { kind: 'busy', reason: 'nothing was decided' };
    const record = recordOf(entry, result);
    if (record.kind === 'park') logParked(deps.log, entry, result);
    const key = JSON.stringify(record);
    const group = groups.get(key) ?? { ids: [], record };
    group.ids.push(entry.id);
    groups.set(key, group);
  }
  for (const { ids, record } of groups.values()) await write(deps, ids, record);
}

function recordOf(entry: Entry, result: EntryResult): WrittenResult {
  switch (result.kind) {
    case 'settle':
    case 'park':
      return result;
    case 'busy':
      return {
        kind: 'wait',
        delayMs: sendingDelayMs(entry.waits),
        reason: result.reason,
        counts: 'wait',
      };
    case 'wait':
      return { kind: 'wait', delayMs: result.delayMs, reason: result.reason, counts: 'wait' };
    case 'unknown_message': {
      const delayMs = unknownMessageDelayMs(entry.waits);
      if (delayMs === undefined) return { kind: 'settle', outcome: notOurs };
      return { kind: 'wait', delayMs, reason: 'Odoo does not show this message (yet)', counts: 'wait' };
    }
    case 'failed': {
      const reason = `${result.error.code}: ${result.error.message}`;
      const delayMs = failedEntryDelayMs(entry.attempts);
      return delayMs === undefined
        ? { kind: 'park', reason }
        : { kind: 'wait', delayMs, reason, counts: 'attempt' };
    }
  }
}

/** When Odoo has not shown the message for long enough, it belongs to another database or was deleted. */
const notOurs: Outcome = {
  outcome: 'ignored',
  reason: 'no such message in this Odoo: not ours, or gone',
};

function logParked(log: RecordDeps['log'], entry: Entry, result: EntryResult): void {
  if (result.kind === 'failed') {
    log.error({ entry: entry.id, code: result.error.code }, 'entry parked after its last attempt');
  } else if (result.kind === 'park') {
    log.warn({ entry: entry.id, code: result.reason.split(':', 1)[0] }, 'entry parked');
  }
}

async function write(
  { inbox, now }: RecordDeps,
  ids: readonly number[],
  record: WrittenResult,
): Promise<void> {
  const at = now();
  if (record.kind === 'settle') await inbox.settle(ids, record.outcome, at);
  else if (record.kind === 'park') await inbox.park(ids, record.reason, at);
  else {
    const { delayMs, reason, counts } = record;
    await inbox.wait(ids, { until: new Date(at.getTime() + delayMs), reason, counts, now: at });
  }
}
