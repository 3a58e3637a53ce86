import { outcomeReason, requireAllChanged } from './claim-end.ts';
import type { Inbox } from './inbox.ts';
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
    requireAllChanged(ids, changed);
  }

  return {
    settle: (ids, outcome, now) =>
      changeClaimed(ids, {
        set: "state = 'settled', settled_at = $1",
        parameters: [],
        reason: outcomeReason(outcome),
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
