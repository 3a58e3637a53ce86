import type { EntryNote } from '../entry-note.ts';
import type { Session, SqlValue } from './session.ts';

/** A change of entries: the rest of an UPDATE, with its parameters in the order of `set`, then `where`. */
export type EntryUpdate = { set: string; where: string; parameters: readonly SqlValue[] };

/**
 * Changes entries and records in their history the state and standing that they then have. Must run inside a write
 * transaction.
 *
 * @param nowMs milliseconds since 1970
 * @returns ids of the entries that were changed
 */
export function changeEntries(
  session: Session,
  { set, where, parameters }: EntryUpdate,
  nowMs: number,
  { standing, target, reason }: EntryNote,
): number[] {
  const setStanding = standing === undefined ? '' : 'outcome = ?, code = ?, ';
  const ids = session
    .all(`UPDATE entry SET ${setStanding}${set} WHERE ${where} RETURNING id`, [
      ...(standing === undefined ? [] : [standing.outcome, standing.code]),
      ...parameters,
    ])
    .map((row) => row['id'] as number);
  if (ids.length === 0) return ids;
  session.run(
    `INSERT INTO transition (entry_id, at, state, outcome, code, target, reason)
     SELECT entry.id, ?, entry.state, entry.outcome, entry.code, ?, ?
     FROM json_each(?) JOIN entry ON entry.id = json_each.value`,
    [nowMs, target ?? null, reason, JSON.stringify(ids)],
  );
  return ids;
}
