import { BridgeError } from '../errors.ts';
import type { Inbox, Outcome } from './inbox.ts';
import type { SqliteSession, SqlValue } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';
import { recordTransitions } from './sqlite-transition.ts';

const stillClaimed = `state = 'claimed' AND id IN (SELECT value FROM json_each(?))`;

/** What ends or puts back a claim: `settle`, `wait`, `park` and `releaseClaimed` of the contract. */
export function createSettle(
  session: SqliteSession,
): Pick<Inbox, 'settle' | 'wait' | 'park' | 'releaseClaimed'> {
  /** The claimed ones are changed even when others are not claimed any more: their work was done. */
  async function changeClaimed(
    ids: readonly number[],
    change: { set: string; parameters: readonly SqlValue[]; reason: string; now: Date },
  ): Promise<void> {
    const changed = await inWriteTransaction(session, () => {
      const changedIds = session
        .all(`UPDATE entry SET ${change.set} WHERE ${stillClaimed} RETURNING id`, [
          ...change.parameters,
          JSON.stringify(ids),
        ])
        .map((row) => row['id'] as number);
      recordTransitions(session, changedIds, change.now.getTime(), change.reason);
      return new Set(changedIds);
    });
    const others = ids.filter((id) => !changed.has(id));
    if (others.length > 0) throw notClaimed(others);
  }

  return {
    settle: (ids, outcome, now) =>
      changeClaimed(ids, {
        set: "state = 'settled', due_at = NULL",
        parameters: [],
        reason: reasonOf(outcome),
        now,
      }),

    wait: (ids, { until, reason, counts, now }) =>
      changeClaimed(ids, {
        set: "state = 'waiting', due_at = ?, waits = waits + ?, attempts = attempts + ?",
        parameters: [until.getTime(), counts === 'wait' ? 1 : 0, counts === 'attempt' ? 1 : 0],
        reason,
        now,
      }),

    park: (ids, reason, now) =>
      changeClaimed(ids, { set: "state = 'parked', due_at = NULL", parameters: [], reason, now }),

    releaseClaimed: (now) =>
      inWriteTransaction(session, () => {
        const ids = session
          .all(
            `UPDATE entry SET state = iif(waits + attempts = 0, 'received', 'waiting'),
               due_at = (SELECT min(received_at, ?) FROM request WHERE request.id = request_id)
             WHERE state = 'claimed' RETURNING id`,
            [now.getTime()],
          )
          .map((row) => row['id'] as number);
        recordTransitions(session, ids, now.getTime(), 'released');
        return ids.length;
      }),
  };
}

function reasonOf(outcome: Outcome): string {
  return outcome.outcome === 'ignored' ? `ignored: ${outcome.reason}` : outcome.outcome;
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
