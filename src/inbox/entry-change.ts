import type { Standing } from './entry-row.ts';
import type { EntryChange } from './inbox.ts';

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
