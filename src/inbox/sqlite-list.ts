import { hashTerm } from './admission.ts';
import { allDirections, completeFilter } from './entry-filter.ts';
import type { Direction, EntryFilter, EntryState } from './inbox.ts';
import type { SqliteSession } from './sqlite-session.ts';

type FoundId = { id: number; received_at: number };

/**
 * Ids of the entries a filter lets through, newest first. One look-up per state and direction, or one by the
 * terms, so that only as many rows are read as are asked for or have a term, however many entries there are.
 */
export function listIds(session: SqliteSession, filter: EntryFilter): number[] {
  const { states, directions, sinceMs, beforeMs, limit } = completeFilter(filter);
  const pairs = pairsOf(states, directions);
  const [from, where] = sourceOf(filter.terms ?? []);
  const found = pairs.flatMap(([state, direction]) =>
    session.all(
      `SELECT entry.id, received_at FROM ${from}
       WHERE ${where.sql} state = ? AND direction = ? AND received_at >= ? AND received_at < ?
       ORDER BY received_at DESC, entry.id DESC LIMIT ?`,
      [...where.parameters, state, direction, sinceMs, beforeMs, limit],
    ),
  ) as FoundId[];
  found.sort((one, other) => other.received_at - one.received_at || other.id - one.id);
  return found.slice(0, limit).map(({ id }) => id);
}

/** When the first to arrive of all entries of these states was received. */
export function findOldestOfPairs(session: SqliteSession, states: readonly EntryState[]): Date | undefined {
  const instants = pairsOf(states, allDirections).flatMap(([state, direction]) =>
    session.all(
      'SELECT received_at FROM entry WHERE state = ? AND direction = ? ORDER BY received_at LIMIT 1',
      [state, direction],
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
  directions: readonly Direction[],
): (readonly [EntryState, Direction])[] {
  return states.flatMap((state) => directions.map((direction) => [state, direction] as const));
}
