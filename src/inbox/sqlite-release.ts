import { endsWorker, mostReleases } from './claim-limits.ts';
import type { Inbox } from './inbox.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';
import { recordTransitions } from './sqlite-transition.ts';

const isClaimedOf = "state = 'claimed' AND direction IN (SELECT value FROM json_each(?))";

/**
 * What gives back or brings nearer without a claim: `releaseClaimed` and `shiftWaits` of the contract.
 *
 * @param inboxId names this opened inbox: what it claimed itself has ended nobody
 */
export function createRelease(
  session: SqliteSession,
  inboxId: string,
): Pick<Inbox, 'releaseClaimed' | 'shiftWaits'> {
  /** Must run inside a write transaction. */
  function parkSuspects(directions: string, now: Date): number {
    const ids = changedIds(
      `UPDATE entry SET state = 'parked', claimed_by = NULL
       WHERE ${isClaimedOf} AND releases >= ? RETURNING id`,
      [directions, mostReleases],
    );
    recordTransitions(session, ids, now.getTime(), endsWorker);
    return ids.length;
  }

  /** Must run inside a write transaction. */
  function giveBackRest(directions: string, now: Date): number {
    const ids = changedIds(
      `UPDATE entry SET state = iif(waits + attempts = 0, 'received', 'waiting'), claimed_by = NULL,
         due_at = min(received_at, ?)
       WHERE ${isClaimedOf} RETURNING id`,
      [now.getTime(), directions],
    );
    recordTransitions(session, ids, now.getTime(), 'released');
    return ids.length;
  }

  function changedIds(sql: string, parameters: readonly (string | number)[]): number[] {
    return session.all(sql, parameters).map((row) => row['id'] as number);
  }

  return {
    releaseClaimed: (ofDirections, now) =>
      inWriteTransaction(session, () => {
        const directions = JSON.stringify(ofDirections);
        session.run(`UPDATE entry SET releases = releases + 1 WHERE ${isClaimedOf} AND claimed_by IS NOT ?`, [
          directions,
          inboxId,
        ]);
        return { parked: parkSuspects(directions, now), released: giveBackRest(directions, now) };
      }),

    // Received ones too: their instant may come from before the clock was set back.
    shiftWaits: (byMs) =>
      inWriteTransaction(session, () => {
        session.run('UPDATE entry SET due_at = due_at - ? WHERE due_at IS NOT NULL', [byMs]);
      }),
  };
}
