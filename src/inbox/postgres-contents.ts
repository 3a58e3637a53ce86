import type { RunStatement } from './postgres-session.ts';

const ofEntries = 'entry_id = ANY($1::bigint[])';

/** Removes what could name a person; the entries stay. Their rows must be locked already. */
export async function eraseContents(run: RunStatement, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await deleteContents(run, ids);
  await run(
    `UPDATE request SET body = NULL
     WHERE id IN (SELECT request_id FROM entry WHERE entry.id = ANY($1::bigint[])) AND body IS NOT NULL`,
    [ids],
  );
  await run('UPDATE entry SET is_erased = true WHERE id = ANY($1::bigint[])', [ids]);
}

/** Removes entries with their history and keys, and the requests of which no entry is left. */
export async function deleteEntries(run: RunStatement, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await deleteContents(run, ids);
  await run(`DELETE FROM transition WHERE ${ofEntries}`, [ids]);
  await run(`DELETE FROM seen_key WHERE ${ofEntries}`, [ids]);
  const gone = await run(
    `DELETE FROM entry WHERE id = ANY($1::bigint[])
     RETURNING request_id, id - coalesce(position, 0) AS first,
       id - coalesce(position, 0) + coalesce(split_count, 1) - 1 AS last`,
    [ids],
  );
  const numbers = (column: string) => gone.map((row) => row[column] as number);
  // The entries of one request have consecutive ids.
  await run(
    `DELETE FROM request USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS gone (request_id, first, last)
     WHERE request.id = gone.request_id
       AND NOT EXISTS (SELECT FROM entry WHERE entry.id BETWEEN gone.first AND gone.last)`,
    [numbers('request_id'), numbers('first'), numbers('last')],
  );
}

async function deleteContents(run: RunStatement, ids: readonly number[]): Promise<void> {
  await run(`DELETE FROM element WHERE ${ofEntries}`, [ids]);
  await run(`DELETE FROM term WHERE ${ofEntries}`, [ids]);
  await run(
    `WITH gone AS (DELETE FROM file WHERE ${ofEntries} RETURNING id)
     DELETE FROM file_chunk WHERE file_id IN (SELECT id FROM gone)`,
    [ids],
  );
}
