import type { Direction, EntryState, Inbox, InboxStatus, Transition } from './inbox.ts';
import { inboxFault } from './inbox-fault.ts';
import { entryOf, firstReason, selectEntry, selectSummary, summaryOf } from './sqlite-row.ts';
import type { SqliteSession } from './sqlite-session.ts';

const allStates: readonly EntryState[] = ['received', 'claimed', 'waiting', 'settled', 'parked'];
const openStates: readonly EntryState[] = ['received', 'claimed', 'waiting'];
const allDirections: readonly Direction[] = ['outbound', 'inbound', 'log'];

const defaultListLimit = 100;

/** What only looks: `list`, `find`, `history` and `status` of the contract. */
export function createRead(session: SqliteSession): Pick<Inbox, 'list' | 'find' | 'history' | 'status'> {
  return {
    list: (filter) =>
      reading(() => {
        const limit = filter.limit ?? defaultListLimit;
        const pairs = pairsOf(filter.states ?? allStates, filter.directions ?? allDirections);
        return pairs
          .flatMap(([state, direction]) => newestIds(session, state, direction, limit))
          .sort((one, other) => other - one)
          .slice(0, limit)
          .map((id) => session.first(`${selectSummary} WHERE entry.id = ?`, [id]))
          .filter((row) => row !== undefined)
          .map(summaryOf);
      }),

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

async function reading<Result>(read: () => Result): Promise<Result> {
  try {
    return read();
  } catch (error) {
    throw inboxFault(error, 'read');
  }
}

/** One look-up per state and direction reads no more than `limit` index rows, however many entries there are. */
function newestIds(session: SqliteSession, state: EntryState, direction: Direction, limit: number): number[] {
  return session
    .all('SELECT id FROM entry WHERE state = ? AND direction = ? ORDER BY id DESC LIMIT ?', [
      state,
      direction,
      limit,
    ])
    .map((row) => row['id'] as number);
}

function historyOf(session: SqliteSession, id: number): Transition[] {
  const received = session.all(
    `SELECT received_at AS at, 'received' AS state, ${firstReason()} AS reason
     FROM entry JOIN request ON request.id = request_id WHERE entry.id = ?`,
    [id],
  );
  const later = session.all('SELECT at, state, reason FROM transition WHERE entry_id = ? ORDER BY id', [id]);
  return [...received, ...later].map((row) => ({
    at: new Date(row['at'] as number),
    state: row['state'] as EntryState,
    reason: row['reason'] as string,
  }));
}

function statusOf(session: SqliteSession): InboxStatus {
  const states = { received: 0, claimed: 0, waiting: 0, settled: 0, parked: 0 };
  for (const row of session.all('SELECT state, count(*) AS count FROM entry GROUP BY state', [])) {
    states[row['state'] as EntryState] = row['count'] as number;
  }
  return { unclaimed: countUnclaimed(session), states, oldestOpenAt: findOldestOpen(session) };
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

/** The first to arrive: entry ids follow request ids, and those follow arrival. */
function findOldestOpen(session: SqliteSession): Date | null {
  const ids = pairsOf(openStates, allDirections).flatMap(([state, direction]) =>
    session.all('SELECT id FROM entry WHERE state = ? AND direction = ? ORDER BY id LIMIT 1', [
      state,
      direction,
    ]),
  );
  const oldest = Math.min(...ids.map((row) => row['id'] as number));
  const row = Number.isFinite(oldest)
    ? session.first(
        'SELECT received_at FROM request WHERE id = (SELECT request_id FROM entry WHERE id = ?)',
        [oldest],
      )
    : session.first(
        `SELECT received_at FROM request WHERE id > (SELECT last_request_id FROM admission)
         ORDER BY id LIMIT 1`,
        [],
      );
  return row === undefined ? null : new Date(row['received_at'] as number);
}

function pairsOf(
  states: readonly EntryState[],
  directions: readonly Direction[],
): (readonly [EntryState, Direction])[] {
  return states.flatMap((state) => directions.map((direction) => [state, direction] as const));
}
