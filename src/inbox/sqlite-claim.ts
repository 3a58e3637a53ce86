import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Direction, Entry, Inbox } from './inbox.ts';
import { admitRequests } from './sqlite-admit.ts';
import { entryOf, selectEntry } from './sqlite-row.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';
import { recordTransitions } from './sqlite-transition.ts';

/** How many bytes of bodies one claim hands out, give or take the last one: 500 replies of 30 MB do not fit. */
const maxClaimedBytes = 64 * 1024 * 1024;

/**
 * `claim` of the contract: rounds of "admit, then hand out", each one transaction, until something is handed
 * out or nothing is left to admit. Without the rounds a pile of new requests of other directions would make
 * the inbox look empty to a worker that then goes to sleep.
 */
export function createClaim(session: SqliteSession): Inbox['claim'] {
  return async ({ directions, limit, now, describe }) => {
    for (;;) {
      const round = await inWriteTransaction(session, () => ({
        admitted: admitRequests(session, now.getTime(), describe),
        entries: handOut(session, directions, limit, now.getTime()),
      }));
      if (round.entries.length > 0 || round.admitted === 0) return round.entries;
      await nextTurn();
    }
  };
}

function handOut(
  session: SqliteSession,
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
  if (entries.length > 0) markClaimed(session, entries, nowMs);
  return entries;
}

/** One look-up per direction, because only then the index yields the order and nothing needs sorting. */
function dueIds(
  session: SqliteSession,
  directions: readonly Direction[],
  limit: number,
  nowMs: number,
): number[] {
  const due = directions.flatMap((direction) =>
    session.all(
      'SELECT id, due_at FROM entry WHERE direction = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?',
      [direction, nowMs, limit],
    ),
  ) as { id: number; due_at: number }[];
  due.sort((one, other) => one.due_at - other.due_at || one.id - other.id);
  return due.slice(0, limit).map(({ id }) => id);
}

function markClaimed(session: SqliteSession, entries: readonly Entry[], nowMs: number): void {
  const ids = entries.map(({ id }) => id);
  session.run(
    `UPDATE entry SET state = 'claimed', due_at = NULL WHERE id IN (SELECT value FROM json_each(?))`,
    [JSON.stringify(ids)],
  );
  recordTransitions(session, ids, nowMs, 'claimed');
}
