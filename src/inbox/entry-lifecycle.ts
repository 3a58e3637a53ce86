import { bridgeError } from '../errors.ts';
import type { Standing } from './entry-row.ts';
import type { EntryChange, Outcome } from './inbox.ts';

/**
 * Whether an entry can be replayed or erased, for which its body must be there; undefined stands for one that does
 * not exist.
 */
export function judgeReplayOrErase(entry: Standing | undefined): EntryChange {
  if (entry === undefined) return 'unknown';
  if (entry.state === 'claimed') return 'claimed';
  return entry.isErased ? 'erased' : 'done';
}

export function judgeDiscard(entry: Standing | undefined): EntryChange {
  if (entry === undefined) return 'unknown';
  return entry.state === 'claimed' || entry.state === 'settled' ? entry.state : 'done';
}

/** How an entry's history tells of its outcome. */
export function outcomeReason(outcome: Outcome): string {
  return 'reason' in outcome ? `${outcome.outcome}: ${outcome.reason}` : outcome.outcome;
}

/**
 * @param changed the ids among those asked for that were still claimed
 * @throws BridgeError INBOX_NOT_CLAIMED naming the others
 */
export function requireAllChanged(ids: readonly number[], changed: ReadonlySet<unknown>): void {
  const others = ids.filter((id) => !changed.has(id));
  if (others.length === 0) return;
  const what = `${others.length} of these entries are not claimed any more: another worker has taken over`;
  throw bridgeError('INBOX_NOT_CLAIMED', what, {
    details: { entryIds: others.slice(0, 20).map(String) },
  });
}

/** What a replay leaves in the history and on the entry: whoever works on it learns from it what was decided. */
export function replayInstruction(target: string | undefined): string {
  return target === undefined ? 'replayed' : `replayed to ${target}`;
}
