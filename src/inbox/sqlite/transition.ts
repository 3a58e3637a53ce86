import type { EntryState } from '../inbox.ts';
import type { SqliteSession } from './session.ts';

/** Records what happened to one entry. */
export function recordTransition(
  session: SqliteSession,
  entryId: number,
  atMs: number,
  state: EntryState,
  reason: string,
): void {
  session.run('INSERT INTO transition (entry_id, at, state, reason) VALUES (?, ?, ?, ?)', [
    entryId,
    atMs,
    state,
    reason,
  ]);
}

/** Records, for entries that have just been changed, the state they now have. */
export function recordTransitions(
  session: SqliteSession,
  entryIds: readonly number[],
  atMs: number,
  reason: string,
): void {
  session.run(
    `INSERT INTO transition (entry_id, at, state, reason)
     SELECT entry.id, ?, entry.state, ? FROM json_each(?) JOIN entry ON entry.id = json_each.value`,
    [atMs, reason, JSON.stringify(entryIds)],
  );
}
