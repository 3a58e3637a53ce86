import { outcomeReason, requireAllChanged } from './claim-end.ts';
import type { Inbox } from './inbox.ts';
import type { SqliteSession, SqlValue } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';
import { recordTransitions } from './sqlite-transition.ts';

/**
 * What says how claimed entries went: `settle`, `wait` and `park` of the contract.
 *
 * @param inboxId names this opened inbox, which can end its own claims only
 */
export function createSettle(
  session: SqliteSession,
  inboxId: string,
): Pick<Inbox, 'settle' | 'wait' | 'park'> {
  /** The claimed ones are changed even when others are not claimed any more: their work was done. */
  async function changeClaimed(
    ids: readonly number[],
    change: { set: string; parameters: readonly SqlValue[]; reason: string; now: Date },
  ): Promise<void> {
    const changed = await inWriteTransaction(session, () => {
      const changedIds = session
        .all(
          `UPDATE entry SET claimed_by = NULL, ${change.set}
           WHERE state = 'claimed' AND claimed_by = ? AND id IN (SELECT value FROM json_each(?))
           RETURNING id`,
          [...change.parameters, inboxId, JSON.stringify(ids)],
        )
        .map((row) => row['id'] as number);
      recordTransitions(session, changedIds, change.now.getTime(), change.reason);
      return new Set(changedIds);
    });
    requireAllChanged(ids, changed);
  }

  return {
    settle: (ids, outcome, now) =>
      changeClaimed(ids, {
        set: "state = 'settled', settled_at = ?",
        parameters: [now.getTime()],
        reason: outcomeReason(outcome),
        now,
      }),

    wait: (ids, { until, reason, counts, now }) =>
      changeClaimed(ids, {
        set: "state = 'waiting', due_at = ?, waits = waits + ?, attempts = attempts + ?",
        parameters: [until.getTime(), counts === 'wait' ? 1 : 0, counts === 'attempt' ? 1 : 0],
        reason,
        now,
      }),

    park: (ids, reason, now) => changeClaimed(ids, { set: "state = 'parked'", parameters: [], reason, now }),
  };
}
