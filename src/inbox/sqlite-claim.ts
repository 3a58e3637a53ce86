import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Direction, Entry, Inbox } from './inbox.ts';
import { admitRequests } from './sqlite-admit.ts';
import { entryOf, selectEntry } from './sqlite-row.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';
import { recordTransitions } from './sqlite-transition.ts';

/** How many bytes of bodies one claim hands out, give or take the last one: 500 replies of 30 MB do not fit. */
const maxClaimedBytes = 64 * 1024 * 1024;

/** From so many releases on an entry is handed out alone, so that it ends nobody's claim but its own. */
const releasesUntilAlone = 2;

/**
 * `claim` of the contract: rounds of "admit, then hand out", each one transaction, until something is handed
 * out or nothing is left to admit. Without the rounds a pile of new requests of other directions would make
 * the inbox look empty to a worker that then goes to sleep.
 */
export function createClaim(session: SqliteSession, inboxId: string): Inbox['claim'] {
  return async ({ directions, limit, now, describe }) => {
    for (;;) {
      const round = await inWriteTransaction(session, () => ({
        admitted: admitRequests(session, now.getTime(), describe),
        entries: handOut(session, inboxId, directions, limit, now.getTime()),
      }));
      if (round.entries.length > 0 || round.admitted === 0) return round.entries;
      await nextTurn();
    }
  };
}

function handOut(
  session: SqliteSession,
  inboxId: string,
  directions: readonly Direction[],
  limit: number,
  nowMs: number,
): Entry[] {
  const entries: Entry[] = [];
  let bytes = 0;
  for (const id of dueIds(session, directions, limit, nowMs)) {
    const row = session.first(`${selectEntry} WHERE entry.id = ?`, [id]);
    if (row === undefined) continue;
    const entry = entryOf({ ...row, state: 'claimed' });
    entries.push(entry);
    bytes += entry.body.byteLength;
    if (bytes >= maxClaimedBytes) break;
  }
  if (entries.length > 0) markClaimed(session, inboxId, entries, nowMs);
  return entries;
}

/**
 * One look-up per direction, because only then the index yields the order and nothing needs sorting. They
 * end before the first entry that has to go alone.
 */
function dueIds(
  session: SqliteSession,
  directions: readonly Direction[],
  limit: number,
  nowMs: number,
): number[] {
  const due = directions.flatMap((direction) =>
    session.all(
      `SELECT id, due_at, releases FROM entry WHERE direction = ? AND due_at <= ?
       ORDER BY due_at, id LIMIT ?`,
      [direction, nowMs, limit],
    ),
  ) as { id: number; due_at: number; releases: number }[];
  due.sort((one, other) => one.due_at - other.due_at || one.id - other.id);
  const alone = due.findIndex(({ releases }) => releases >= releasesUntilAlone);
  const count = alone === -1 ? limit : Math.min(limit, Math.max(alone, 1));
  return due.slice(0, count).map(({ id }) => id);
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
