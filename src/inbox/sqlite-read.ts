import { entryOf, summaryOf, transitionOf } from './entry-row.ts';
import type { EntryState, Inbox, InboxStatus, Transition } from './inbox.ts';
import { inboxFault } from './inbox-fault.ts';
import { findOldestOfPairs, listIds } from './sqlite-list.ts';
import { firstReason, selectEntry, selectSummary } from './sqlite-row.ts';
import { listSecretUses } from './sqlite-secret-use.ts';
import type { SqliteSession } from './sqlite-session.ts';

/** What only looks: `list`, `find`, `history` and `status` of the contract. */
export function createRead(session: SqliteSession): Pick<Inbox, 'list' | 'find' | 'history' | 'status'> {
  return {
    list: (filter) =>
      reading(() =>
        listIds(session, filter)
          .map((id) => session.first(`${selectSummary} WHERE entry.id = ?`, [id]))
          .filter((row) => row !== undefined)
          .map(summaryOf),
      ),

    find: (id) =>
      reading(() => {
        const summary = session.first(`${selectSummary} WHERE entry.id = ?`, [id]);
        const entry = session.first(`${selectEntry} WHERE entry.id = ?`, [id]);
        return summary && entry && { ...summaryOf(summary), body: entryOf(entry).body };
      }),

    history: (id) => reading(() => historyOf(session, id)),

    status: () => reading(() => statusOf(session)),
  };
}

/** Runs what only reads; a fault of SQLite becomes the inbox's. */
export async function reading<Result>(read: () => Result): Promise<Result> {
  try {
    return read();
  } catch (error) {
    throw inboxFault(error, 'read');
  }
}

function historyOf(session: SqliteSession, id: number): Transition[] {
  const received = session.all(
    `SELECT received_at AS at, 'received' AS state, ${firstReason()} AS reason FROM entry WHERE id = ?`,
    [id],
  );
  const later = session.all('SELECT at, state, reason FROM transition WHERE entry_id = ? ORDER BY id', [id]);
  return [...received, ...later].map(transitionOf);
}

function statusOf(session: SqliteSession): InboxStatus {
  const states = { received: 0, claimed: 0, waiting: 0, settled: 0, parked: 0 };
  for (const row of session.all('SELECT state, count FROM entry_count', [])) {
    states[row['state'] as EntryState] = row['count'] as number;
  }
  return {
    unclaimed: countUnclaimed(session),
    states,
    oldestOpenAt: findOldestOpen(session),
    secrets: listSecretUses(session),
  };
}

/** A difference of ids is a count: ids have no gaps, and only admitted requests are ever deleted. */
function countUnclaimed(session: SqliteSession): number {
  const row = session.first(
    `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'request'), 0) - last_request_id AS count
     FROM admission`,
    [],
  );
  return row?.['count'] as number;
}

/** Whatever is not an entry yet has arrived after all that is. */
function findOldestOpen(session: SqliteSession): Date | null {
  const oldest = findOldestOfPairs(session, ['received', 'claimed', 'waiting']);
  if (oldest !== undefined) return oldest;
  const row = session.first(
    `SELECT received_at FROM request WHERE id > (SELECT last_request_id FROM admission)
     ORDER BY id LIMIT 1`,
    [],
  );
  return row === undefined ? null : new Date(row['received_at'] as number);
}
