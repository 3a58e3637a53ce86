import { BridgeError } from '../errors.ts';
import type { Inbox, Outcome } from './inbox.ts';
import type { PostgresSession, PostgresValue } from './postgres-session.ts';
import { changeEntries } from './postgres-transition.ts';

/**
 * What ends or puts back a claim: `settle`, `wait` and `park` of the contract.
 *
 * @param inboxId names this opened inbox; a UUID
 */
export function createSettle(
  session: PostgresSession,
  inboxId: string,
): Pick<Inbox, 'settle' | 'wait' | 'park'> {
  /** The claimed ones are changed even when others are not claimed any more: their work was done. */
  async function changeClaimed(
    ids: readonly number[],
    change: { set: string; parameters: readonly PostgresValue[]; reason: string; now: Date },
  ): Promise<void> {
    const update = {
      set: `claimed_by = NULL, ${change.set}`,
      where: `state = 'claimed' AND claimed_by = $3 AND id = ANY($4::bigint[])`,
      parameters: [inboxId, ids, ...change.parameters],
    };
    const rows = await changeEntries(session.write, update, change.now.getTime(), change.reason);
    const changed = new Set(rows.map((row) => row['id']));
    const others = ids.filter((id) => !changed.has(id));
    if (others.length > 0) throw notClaimed(others);
  }

  return {
    settle: (ids, outcome, now) =>
      changeClaimed(ids, {
        set: "state = 'settled', settled_at = $1",
        parameters: [],
        reason: reasonOf(outcome),
        now,
      }),

    wait: (ids, { until, reason, counts, now }) =>
      changeClaimed(ids, {
        set: "state = 'waiting', due_at = $5, waits = waits + $6, attempts = attempts + $7",
        parameters: [until.getTime(), counts === 'wait' ? 1 : 0, counts === 'attempt' ? 1 : 0],
        reason,
        now,
      }),

    park: (ids, reason, now) => changeClaimed(ids, { set: "state = 'parked'", parameters: [], reason, now }),
  };
}

function reasonOf(outcome: Outcome): string {
  return 'reason' in outcome ? `${outcome.outcome}: ${outcome.reason}` : outcome.outcome;
}

function notClaimed(ids: readonly number[]): BridgeError {
  return new BridgeError(
    'INBOX_NOT_CLAIMED',
    `${ids.length} of these entries are not claimed any more: another worker has taken over. ` +
      'Stop working without the lease, and let only one bridge call Odoo.',
    {
      retry: 'never',
      scope: 'bridge',
      cause: undefined,
      details: { entryIds: ids.slice(0, 20).map(String) },
    },
  );
}
