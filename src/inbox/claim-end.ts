import { BridgeError } from '../errors.ts';
import type { Outcome } from './inbox.ts';

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
  throw new BridgeError(
    'INBOX_NOT_CLAIMED',
    `${others.length} of these entries are not claimed any more: another worker has taken over. ` +
      'Stop working without the lease, and let only one bridge call Odoo.',
    {
      retry: 'never',
      scope: 'bridge',
      cause: undefined,
      details: { entryIds: others.slice(0, 20).map(String) },
    },
  );
}
