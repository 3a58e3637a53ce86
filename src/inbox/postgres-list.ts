import { hashTerm } from './admission.ts';
import { completeFilter } from './entry-filter.ts';
import type { EntryFilter } from './inbox.ts';
import type { PostgresSession } from './postgres-session.ts';

/** One look-up per state and direction reads no more than `limit` index rows, however many entries there are. */
const selectNewest = `
  SELECT found.id FROM unnest($1::text[]) AS wanted_state (state)
    CROSS JOIN unnest($2::text[]) AS wanted_direction (direction)
    CROSS JOIN LATERAL (
      SELECT id, received_at FROM entry
      WHERE entry.state = wanted_state.state AND entry.direction = wanted_direction.direction
        AND received_at >= $3 AND received_at < $4
      ORDER BY received_at DESC, id DESC LIMIT $5
    ) AS found
  ORDER BY found.received_at DESC, found.id DESC LIMIT $5`;

/** Reads the entries that have one of the terms, which are few. */
const selectByTerms = `
  SELECT entry.id FROM entry
  WHERE id IN (
      SELECT entry_id FROM term WHERE hash = ANY($6::uuid[]) GROUP BY entry_id HAVING count(*) = cardinality($6)
    )
    AND state = ANY($1::text[]) AND direction = ANY($2::text[]) AND received_at >= $3 AND received_at < $4
  ORDER BY received_at DESC, id DESC LIMIT $5`;

/** Ids of the entries a filter lets through, newest first. */
export async function listIds(session: PostgresSession, filter: EntryFilter): Promise<number[]> {
  const { states, directions, sinceMs, beforeMs, limit } = completeFilter(filter);
  const parameters = [states, directions, sinceMs, beforeMs, limit];
  const terms = [...new Set(filter.terms?.map(hashTerm))];
  const rows =
    terms.length === 0
      ? await session.read(selectNewest, parameters)
      : await session.read(selectByTerms, [...parameters, terms]);
  return rows.map((row) => row['id'] as number);
}
