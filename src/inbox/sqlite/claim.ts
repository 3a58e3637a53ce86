import { setImmediate as nextTurn } from 'node:timers/promises';
import { roundLimits } from '../admission.ts';
import { outcomeReason, requireAllChanged } from '../entry-lifecycle.ts';
import { entryOf } from '../entry-row.ts';
import type { Direction, Entry, Inbox } from '../inbox.ts';
import { maxClaimedBytes, releasesUntilAlone, crashesWorker, mostReleases } from '../limits.ts';
import { admitRequests, hasReached } from './admit.ts';
import type { Admission } from './admit.ts';
import { selectEntry } from './row.ts';
import type { SqliteSession, SqlValue } from './session.ts';
import { inWriteTransaction } from './transaction.ts';
import { recordTransitions } from './transition.ts';

type Search = { directions: readonly Direction[]; limit: number; maxBytes: number; isContinued: boolean };

/** @property isFull nothing may be added to what was handed out */
type HandedOut = { entries: Entry[]; bytes: number; isFull: boolean };

/**
 * `claim` of the contract: turns of "admit, then hand out", each one short transaction between which webhooks
 * are answered, until enough is handed out, a round's worth is admitted, or nothing is left. A claim that has
 * found nothing goes on: otherwise a pile of new requests of other directions would make the inbox look empty
 * to a worker that then goes to sleep.
 *
 * @param inboxId names this opened inbox: nobody else can end or put back what it claims
 */
export function createClaim(session: SqliteSession, inboxId: string): Inbox['claim'] {
  return async ({ directions, limit, now, describe }) => {
    const entries: Entry[] = [];
    let maxBytes = maxClaimedBytes;
    let total: Admission = { requests: 0, entries: 0, bodyBytes: 0 };

    function takeTurn(): { admitted: Admission; handedOut: HandedOut } {
      const admitted = admitRequests(session, now.getTime(), describe);
      const search = { directions, limit: limit - entries.length, maxBytes, isContinued: entries.length > 0 };
      return { admitted, handedOut: handOut(session, inboxId, search, now.getTime()) };
    }

    for (;;) {
      try {
        const { admitted, handedOut } = await inWriteTransaction(session, takeTurn);
        entries.push(...handedOut.entries);
        maxBytes -= handedOut.bytes;
        total = sumOf(total, admitted);
        const isEnough = handedOut.isFull || hasReached(total, roundLimits);
        if (admitted.requests === 0 || (entries.length > 0 && isEnough)) return entries;
      } catch (error) {
        // What earlier turns have claimed must reach the worker; the next claim meets the fault again.
        if (entries.length > 0) return entries;
        throw error;
      }
      await nextTurn();
    }
  };
}

function sumOf(one: Admission, other: Admission): Admission {
  return {
    requests: one.requests + other.requests,
    entries: one.entries + other.entries,
    bodyBytes: one.bodyBytes + other.bodyBytes,
  };
}

function handOut(session: SqliteSession, inboxId: string, search: Search, nowMs: number): HandedOut {
  const { ids, isFull } = findDue(session, search, nowMs);
  const entries: Entry[] = [];
  let bytes = 0;
  for (const id of ids) {
    if (bytes >= search.maxBytes) break;
    const row = session.first(`${selectEntry} WHERE entry.id = ?`, [id]);
    if (row === undefined) continue;
    const entry = entryOf({ ...row, state: 'claimed' });
    entries.push(entry);
    bytes += entry.body.byteLength;
  }
  if (entries.length > 0) markClaimed(session, inboxId, entries, nowMs);
  return { entries, bytes, isFull: isFull || bytes >= search.maxBytes };
}

/**
 * One look-up per direction, because only then the index yields the order and nothing needs sorting. They
 * end before the first entry that has to go alone.
 */
function findDue(
  session: SqliteSession,
  { directions, limit, isContinued }: Search,
  nowMs: number,
): { ids: number[]; isFull: boolean } {
  const due = directions.flatMap((direction) =>
    session.all(
      `SELECT id, due_at, releases FROM entry WHERE direction = ? AND due_at <= ?
       ORDER BY due_at, id LIMIT ?`,
      [direction, nowMs, limit],
    ),
  ) as { id: number; due_at: number; releases: number }[];
  due.sort((one, other) => one.due_at - other.due_at || one.id - other.id);
  const ids = due.slice(0, limit).map(({ id }) => id);
  const alone = due.findIndex(({ releases }) => releases >= releasesUntilAlone);
  if (alone === -1 || alone >= limit) return { ids, isFull: ids.length === limit };
  return { ids: ids.slice(0, alone === 0 && !isContinued ? 1 : alone), isFull: true };
}

function markClaimed(
  session: SqliteSession,
  inboxId: string,
  entries: readonly Entry[],
  nowMs: number,
): void {
  const ids = entries.map(({ id }) => id);
  session.run(
    `UPDATE entry SET state = 'claimed', due_at = NULL, claimed_by = ?
     WHERE id IN (SELECT value FROM json_each(?))`,
    [inboxId, JSON.stringify(ids)],
  );
  recordTransitions(session, ids, nowMs, 'claimed');
}

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
    recordTransitions(session, ids, now.getTime(), crashesWorker);
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
