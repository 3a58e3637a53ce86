import { bridgeError } from '../errors.ts';
import type { Standing } from './entry-row.ts';
import type { EntryChange } from './entry.ts';

/**
 * Whether an entry can be replayed or erased: both need its body.
 *
 * @param entry undefined when it does not exist
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

/**
 * @param ids the entries that were to be changed
 * @param changed those of them that were still claimed
 * @throws BridgeError INBOX_NOT_CLAIMED with the ids of the others
 */
export function requireAllChanged(ids: readonly number[], changed: ReadonlySet<unknown>): void {
  const others = ids.filter((id) => !changed.has(id));
  if (others.length === 0) return;
  const what = `${others.length} of these entries are not claimed any more: another worker has taken over`;
  throw bridgeError('INBOX_NOT_CLAIMED', what, {
    details: { entryIds: others.slice(0, 20).map(String) },
  });
}
