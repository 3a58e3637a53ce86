import { hashTerm } from '../admission.ts';
import { allKinds, completeFilter, entryOf, secretUseOf, summaryOf, transitionOf } from '../entry-row.ts';
import type { EntryFilter, EntryKind, EntryState, Transition } from '../entry.ts';
import type { Inbox, InboxStatus, SecretUse } from '../inbox.ts';
import { firstReason, selectEntry, selectSummary } from './row.ts';
import type { Session } from './session.ts';
import { reading } from './transaction.ts';

/** The operations that only read: `list`, `find`, `history` and `status` of the contract. */
export function readOperations(session: Session): Pick<Inbox, 'list' | 'find' | 'history' | 'status'> {
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

/** The secrets that have verified a request, the one used last first. */
function listSecretUses(session: Session): SecretUse[] {
  return session
    .all(
      `SELECT secret_id, direction, last_used_at, requests FROM secret_use
       ORDER BY last_used_at DESC, secret_id, direction`,
      [],
    )
    .map(secretUseOf);
}

function historyOf(session: Session, id: number): Transition[] {
  const received = session.all(
    `SELECT received_at AS at, 'received' AS state, NULL AS outcome, NULL AS code, NULL AS target,
       ${firstReason()} AS reason FROM entry WHERE id = ?`,
    [id],
  );
  const later = session.all(
    'SELECT at, state, outcome, code, target, reason FROM transition WHERE entry_id = ? ORDER BY id',
    [id],
  );
  return [...received, ...later].map(transitionOf);
}

function statusOf(session: Session): InboxStatus {
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

/** The difference of two ids is a count: ids have no gaps, and only admitted requests are ever deleted. */
function countUnclaimed(session: Session): number {
  const row = session.first(
    `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'request'), 0) - last_request_id AS count
     FROM admission`,
    [],
  );
  return row?.['count'] as number;
}

/** A request without entries has arrived after all those that have some. */
function findOldestOpen(session: Session): Date | null {
  const oldest = findOldestOfPairs(session, ['received', 'claimed', 'waiting']);
  if (oldest !== undefined) return oldest;
  const row = session.first(
    `SELECT received_at FROM request WHERE id > (SELECT last_request_id FROM admission)
     ORDER BY id LIMIT 1`,
    [],
  );
  return row === undefined ? null : new Date(row['received_at'] as number);
}

type FoundId = { id: number; received_at: number };

/**
 * Ids of the entries that pass the filter, newest first. One look-up per state and kind, or one by the terms, so that
 * the number of rows read depends on the limit or on the term, not on how many entries there are.
 */
function listIds(session: Session, filter: EntryFilter): number[] {
  const { states, kinds, sinceMs, beforeMs, limit } = completeFilter(filter);
  const pairs = pairsOf(states, kinds);
  const [from, where] = sourceOf(filter.terms ?? []);
  const found = pairs.flatMap(([state, kind]) =>
    session.all(
      `SELECT entry.id, received_at FROM ${from}
       WHERE ${where.sql} state = ? AND direction = ? AND received_at >= ? AND received_at < ?
       ORDER BY received_at DESC, entry.id DESC LIMIT ?`,
      [...where.parameters, state, kind, sinceMs, beforeMs, limit],
    ),
  ) as FoundId[];
  found.sort((one, other) => other.received_at - one.received_at || other.id - one.id);
  return found.slice(0, limit).map(({ id }) => id);
}

/** When the oldest entry of these states was received. */
function findOldestOfPairs(session: Session, states: readonly EntryState[]): Date | undefined {
  const instants = pairsOf(states, allKinds).flatMap(([state, kind]) =>
    session.all(
      'SELECT received_at FROM entry WHERE state = ? AND direction = ? ORDER BY received_at LIMIT 1',
      [state, kind],
    ),
  );
  if (instants.length === 0) return undefined;
  return new Date(Math.min(...instants.map((row) => row['received_at'] as number)));
}

/** The entries to look through: all, or those that have the first term; the others are looked up for each. */
function sourceOf(terms: readonly string[]): [from: string, where: { sql: string; parameters: string[] }] {
  if (terms.length === 0) return ['entry', { sql: '', parameters: [] }];
  const others = terms
    .slice(1)
    .map(() => 'EXISTS (SELECT 1 FROM term WHERE term = ? AND entry_id = entry.id)');
  const sql = ['first.term = ?', ...others, ''].join(' AND ');
  return [
    // CROSS JOIN: SQLite keeps this order of the tables.
    'term AS first CROSS JOIN entry ON entry.id = first.entry_id',
    { sql, parameters: terms.map(hashTerm) },
  ];
}

function pairsOf(
  states: readonly EntryState[],
  kinds: readonly EntryKind[],
): (readonly [EntryState, EntryKind])[] {
  return states.flatMap((state) => kinds.map((kind) => [state, kind] as const));
}
