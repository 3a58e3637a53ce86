import type { Entry, Inbox, Outcome, ParkReason, WaitReason } from '../../inbox/inbox.ts';
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
  | { kind: 'wait'; delayMs: number; why: WaitReason; counts: 'attempt' | 'wait' }
  | { kind: 'park'; why: ParkReason };

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
      return result;
    case 'park':
      return { kind: 'park', why: { code: result.code, reason: result.reason } };
    case 'busy':
      return {
        kind: 'wait',
        delayMs: sendingDelayMs(entry.waits),
        why: { reason: result.reason },
        counts: 'wait',
      };
    case 'wait':
      return { kind: 'wait', delayMs: result.delayMs, why: { reason: result.reason }, counts: 'wait' };
    case 'unknown_message': {
      const delayMs = unknownMessageDelayMs(entry.waits);
      if (delayMs === undefined) return { kind: 'settle', outcome: notOurs };
      const why = { reason: 'Odoo does not show this message (yet)' };
      return { kind: 'wait', delayMs, why, counts: 'wait' };
    }
    case 'failed': {
      const why = { code: result.error.code, reason: result.error.message };
      const delayMs = failedEntryDelayMs(entry.attempts);
      return delayMs === undefined
        ? { kind: 'park', why }
        : { kind: 'wait', delayMs, why, counts: 'attempt' };
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
    log.warn({ entry: entry.id, code: result.code }, 'entry parked');
  }
}

async function write(
  { inbox, now }: RecordDeps,
  ids: readonly number[],
  record: WrittenResult,
): Promise<void> {
  const at = now();
  if (record.kind === 'settle') await inbox.settle(ids, record.outcome, at);
  else if (record.kind === 'park') await inbox.park(ids, record.why, at);
  else {
    const { delayMs, why, counts } = record;
    await inbox.wait(ids, { ...why, until: new Date(at.getTime() + delayMs), counts, now: at });
  }
}
