import type { NewEntry, StoredRequest } from '../admission.ts';
import { countSlots, joinBytes, storableText } from './parameters.ts';
import type { RunStatement } from './statement.ts';

/** An entry about to be stored. Keys are hashes. */
export type AdmittedEntry = NewEntry & {
  id: number;
  request: StoredRequest;
  newKeys: readonly { key: string; entryId: number }[];
};

/** Stores entries with their elements, keys and terms, each table in one statement. */
export async function storeEntries(
  run: RunStatement,
  entries: readonly AdmittedEntry[],
  nowMs: number,
): Promise<void> {
  await insertEntries(run, entries, nowMs);
  await insertElements(run, entries);
  const keys = entries.flatMap(({ newKeys }) => newKeys);
  if (keys.length > 0) {
    await run('INSERT INTO seen_key (key, entry_id) SELECT * FROM unnest($1::uuid[], $2::bigint[])', [
      keys.map(({ key }) => key),
      keys.map(({ entryId }) => entryId),
    ]);
  }
  const terms = entries.flatMap(({ id, termHashes }) => termHashes.map((hash) => ({ id, hash })));
  if (terms.length > 0) {
    await run('INSERT INTO term (hash, entry_id) SELECT * FROM unnest($1::uuid[], $2::bigint[])', [
      terms.map(({ hash }) => hash),
      terms.map(({ id }) => id),
    ]);
  }
}

async function insertEntries(
  run: RunStatement,
  entries: readonly AdmittedEntry[],
  nowMs: number,
): Promise<void> {
  await run(
    `INSERT INTO entry
       (id, request_id, position, split_count, direction, received_at, state, due_at, settled_at, outcome, code)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::text[], $6::bigint[],
       $7::text[], $8::bigint[], $9::bigint[], $10::text[], $11::text[])`,
    [
      entries.map(({ id }) => id),
      entries.map(({ request }) => request.id),
      entries.map(({ position }) => position),
      entries.map(({ splitCount }) => splitCount),
      entries.map(({ request }) => request.kind),
      entries.map(({ request }) => request.receivedAtMs),
      entries.map(({ end }) => end?.state ?? 'received'),
      entries.map(({ end, request }) => (end === null ? Math.min(request.receivedAtMs, nowMs) : null)),
      entries.map(({ end }) => (end?.state === 'settled' ? nowMs : null)),
      entries.map(({ end }) => end?.note.standing?.outcome ?? null),
      entries.map(({ end }) => end?.note.standing?.code ?? null),
    ],
  );
  const ended = entries.flatMap(({ id, end }) => (end === null ? [] : [{ id, reason: end.note.reason }]));
  if (ended.length === 0) return;
  await run(
    `INSERT INTO transition (entry_id, at, state, outcome, code, reason)
     SELECT entry.id, $1::bigint, state, outcome, code, reason
     FROM unnest($2::bigint[], $3::text[]) AS ended (id, reason) JOIN entry ON entry.id = ended.id
     ORDER BY entry.id`,
    [nowMs, ended.map(({ id }) => id), ended.map(({ reason }) => storableText(reason))],
  );
}

async function insertElements(run: RunStatement, entries: readonly AdmittedEntry[]): Promise<void> {
  const elements = entries.flatMap(({ id, elementBody: body }) => (body === null ? [] : [{ id, body }]));
  if (elements.length === 0) return;
  const bodies = joinBytes(elements.map(({ body }) => body));
  await run(
    `INSERT INTO element (entry_id, body)
     SELECT id, substring($1::bytea FROM start FOR length)
     FROM unnest($2::bigint[], $3::integer[], $4::integer[]) AS one (id, start, length)`,
    [bodies.all, elements.map(({ id }) => id), bodies.starts, bodies.lengths],
  );
}

/** Removes requests from the list of those without entries, and counts the secrets that verified them. */
export async function forgetAdmitted(run: RunStatement, requests: readonly StoredRequest[]): Promise<void> {
  await run(
    `WITH gone AS (DELETE FROM unadmitted WHERE request_id = ANY($1::bigint[]) RETURNING request_id)
     UPDATE unadmitted_count SET requests = requests - (SELECT count(*) FROM gone) WHERE slot = $2`,
    [requests.map(({ id }) => id), countSlots - 1],
  );
  await run(
    `INSERT INTO secret_use (secret_id, direction, last_used_at, requests)
     SELECT secret_id, direction, max(received_at), count(*)
     FROM unnest($1::text[], $2::text[], $3::bigint[]) AS one (secret_id, direction, received_at)
     GROUP BY secret_id, direction
     ON CONFLICT (secret_id, direction) DO UPDATE SET
       last_used_at = greatest(secret_use.last_used_at, excluded.last_used_at),
       requests = secret_use.requests + excluded.requests`,
    [
      requests.map(({ secretId }) => secretId),
      requests.map(({ kind }) => kind),
      requests.map(({ receivedAtMs }) => receivedAtMs),
    ],
  );
}
