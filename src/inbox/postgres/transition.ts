import type { EntryNote } from '../entry-note.ts';
import { storableText } from './parameters.ts';
import type { SqlValue } from './session.ts';
import type { RunStatement } from './statement.ts';

/** A change of entries: the rest of an UPDATE. Its parameters begin with `$4`; `$1` is now, and `$3` the note's target. */
export type EntryUpdate = { set: string; where: string; parameters: readonly SqlValue[] };

/**
 * Changes entries and records in their history, in the same statement, the state and standing that they then have.
 *
 * @param nowMs milliseconds since 1970
 * @returns ids of the entries that were changed
 */
export async function changeEntries(
  run: RunStatement,
  { set, where, parameters }: EntryUpdate,
  nowMs: number,
  { standing, target, reason }: EntryNote,
): Promise<number[]> {
  const next = parameters.length + 4;
  const setStanding = standing === undefined ? '' : `outcome = $${next}, code = $${next + 1}, `;
  const rows = await run(
    `WITH changed AS (
       UPDATE entry SET ${setStanding}${set} WHERE ${where} RETURNING id, state, outcome, code
     ), noted AS (
       INSERT INTO transition (entry_id, at, state, outcome, code, target, reason)
       SELECT id, $1::bigint, state, outcome, code, $3::text, $2::text FROM changed
     )
     SELECT id FROM changed ORDER BY id`,
    [
      nowMs,
      storableText(reason),
      target === undefined ? null : storableText(target),
      ...parameters,
      ...(standing === undefined ? [] : [standing.outcome, standing.code]),
    ],
  );
  return rows.map((row) => row['id'] as number);
}
