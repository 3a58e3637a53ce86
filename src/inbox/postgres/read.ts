import { hashTerm } from '../admission.ts';
import { allKinds, bytesOf, completeFilter, secretUseOf, summaryOf, transitionOf } from '../entry-row.ts';
import type { EntryFilter, EntryState } from '../entry.ts';
import type { Inbox, InboxStatus } from '../inbox.ts';
import { firstReason, selectSummary } from './row.ts';
import type { Session, SqlRow } from './session.ts';

/** One statement, so that all of it is of one instant. The oldest entries are looked up in an index, not searched. */
const selectStatus = `
  SELECT state_count.*, (SELECT sum(requests) FROM unadmitted_count)::bigint AS unclaimed,
    least(
      (SELECT min(oldest.received_at) FROM unnest('{received,claimed,waiting}'::text[]) AS open (state)
         CROSS JOIN unnest($1::text[]) AS each (direction)
         CROSS JOIN LATERAL (
           SELECT received_at FROM entry WHERE entry.state = open.state AND entry.direction = each.direction
           ORDER BY received_at LIMIT 1
         ) AS oldest),
      (SELECT received_at FROM request WHERE id = (SELECT min(request_id) FROM unadmitted))
    ) AS oldest_open_at
  FROM state_count`;

/** The operations that only read: `list`, `find`, `history` and `status` of the contract. */
export function readOperations(session: Session): Pick<Inbox, 'list' | 'find' | 'history' | 'status'> {
  return {
    async list(filter) {
      const ids = await listIds(session, filter);
      const rows = await session.read(`${selectSummary} WHERE entry.id = ANY($1::bigint[])`, [ids]);
      const summaries = new Map(rows.map((row) => [row['id'] as number, summaryOf(row)]));
      return ids.flatMap((id) => summaries.get(id) ?? []);
    },

    async find(id) {
      const [row] = await session.read(`${selectSummary} WHERE entry.id = $1`, [id]);
      if (row === undefined) return undefined;
      const [stored] = await session.read(
        `SELECT coalesce(
           (SELECT body FROM element WHERE entry_id = $1), (SELECT body FROM request WHERE id = $2), ''
         ) AS body`,
        [id, row['request_id'] as number],
      );
      return { ...summaryOf(row), body: bytesOf(stored?.['body']) };
    },

    async history(id) {
      const received = await session.read(
        `SELECT received_at AS at, 'received' AS state, NULL AS outcome, NULL AS code, NULL AS target,
           ${firstReason()} AS reason FROM entry WHERE id = $1`,
        [id],
      );
      const later = await session.read(
        'SELECT at, state, outcome, code, target, reason FROM transition WHERE entry_id = $1 ORDER BY id',
        [id],
      );
      return [...received, ...later].map(transitionOf);
    },

    async status() {
      const [row] = await session.read(selectStatus, [allKinds]);
      const secrets = await session.read(
        `SELECT secret_id, direction, last_used_at, requests FROM secret_use
         ORDER BY last_used_at DESC, secret_id, direction`,
        [],
      );
      return { ...statusOf(row ?? {}), secrets: secrets.map(secretUseOf) };
    },
  };
}

function statusOf(row: SqlRow): Omit<InboxStatus, 'secrets'> {
  const count = (column: EntryState | 'unclaimed') => row[column] as number;
  const oldestOpenAtMs = row['oldest_open_at'] as number | null;
  return {
    unclaimed: count('unclaimed'),
    states: {
      received: count('received'),
      claimed: count('claimed'),
      waiting: count('waiting'),
      settled: count('settled'),
      parked: count('parked'),
    },
    oldestOpenAt: oldestOpenAtMs === null ? null : new Date(oldestOpenAtMs),
  };
}

/** One look-up per state and kind reads no more than `limit` index rows, however many entries there are. */
const selectNewest = `
  SELECT found.id FROM unnest($1::text[]) AS wanted_state (state)
    CROSS JOIN unnest($2::text[]) AS wanted_kind (direction)
    CROSS JOIN LATERAL (
      SELECT id, received_at FROM entry
      WHERE entry.state = wanted_state.state AND entry.direction = wanted_kind.direction
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

/** Ids of the entries that pass the filter, newest first. */
async function listIds(session: Session, filter: EntryFilter): Promise<number[]> {
  const { states, kinds, sinceMs, beforeMs, limit } = completeFilter(filter);
  const parameters = [states, kinds, sinceMs, beforeMs, limit];
  const terms = [...new Set(filter.terms?.map(hashTerm))];
  const rows =
    terms.length === 0
      ? await session.read(selectNewest, parameters)
      : await session.read(selectByTerms, [...parameters, terms]);
  return rows.map((row) => row['id'] as number);
}
