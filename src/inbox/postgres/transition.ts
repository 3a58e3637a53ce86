import { storableText } from './parameters.ts';
import type { PostgresRow, RunStatement } from './session.ts';

/** A change of entries: the rest of an UPDATE, whose parameters begin with `$3`. `$1` is now. */
export type EntryUpdate = { set: string; where: string; parameters: Parameters<RunStatement>[1] };

/**
 * Changes entries and records, in the same statement, the state they then have.
 *
 * @param nowMs milliseconds since 1970
 * @returns the `id` and `state` of each that was changed
 */
export async function changeEntries(
  run: RunStatement,
  update: EntryUpdate,
  nowMs: number,
  reason: string,
): Promise<PostgresRow[]> {
  return run(
    `WITH changed AS (
       UPDATE entry SET ${update.set} WHERE ${update.where} RETURNING id, state
     ), noted AS (
       INSERT INTO transition (entry_id, at, state, reason) SELECT id, $1::bigint, state, $2::text FROM changed
     )
     SELECT id, state FROM changed ORDER BY id`,
    [nowMs, storableText(reason), ...update.parameters],
  );
}
