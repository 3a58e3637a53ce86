import { findOriginal, roundLimits, splitRequest } from '../admission.ts';
import type { NewEntry, StoredRequest } from '../admission.ts';
import type { DescribeBody } from '../described-body.ts';
import { duplicateEnd } from '../entry-note.ts';
import { storedRequestOf } from '../entry-row.ts';
import { forgetAdmitted, storeEntries } from './admit-store.ts';
import type { AdmittedEntry } from './admit-store.ts';
import { digitsOfUuid, hashKey } from './parameters.ts';
import type { RunStatement } from './statement.ts';

/** A number of our own; the lock is held until the transaction ends, so that one process at a time admits. */
const admissionLock = 5_393_170_002;

type NewRequestEntries = { request: StoredRequest; entries: NewEntry[] };

/**
 * Makes entries of the requests that have none yet, the earliest first. Must run inside a transaction.
 *
 * @param nowMs milliseconds since 1970. An entry is due from the moment its request was received, or from now when a
 *   clock that was set back puts that moment into the future
 * @param maxRequests bounds how many requests it takes, besides the limits of a round
 * @returns how many requests were admitted; 0 means that none was left
 */
export async function admitRequests(
  run: RunStatement,
  nowMs: number,
  describe: DescribeBody,
  maxRequests: number,
): Promise<number> {
  await run('SELECT pg_advisory_xact_lock($1)', [admissionLock]);
  const split = splitWithinLimits(await nextRequests(run, maxRequests), describe);
  if (split.length === 0) return 0;
  const entries = await settleDuplicates(run, await withIds(run, split));
  await storeEntries(run, entries, nowMs);
  await forgetAdmitted(
    run,
    split.map(({ request }) => request),
  );
  return split.length;
}

async function nextRequests(run: RunStatement, maxRequests: number): Promise<StoredRequest[]> {
  const rows = await run(
    `SELECT id, direction, webhook_id, secret_id, received_at, body FROM (
       SELECT request.*, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS bytes_before
       FROM (SELECT request_id FROM unadmitted ORDER BY request_id LIMIT $1) AS next
         JOIN request ON request.id = next.request_id
     ) AS one WHERE bytes_before < $2 ORDER BY id`,
    [Math.min(maxRequests, roundLimits.requests), roundLimits.bodyBytes],
  );
  return rows.map(storedRequestOf);
}

function splitWithinLimits(requests: readonly StoredRequest[], describe: DescribeBody): NewRequestEntries[] {
  const split: NewRequestEntries[] = [];
  let count = 0;
  for (const request of requests) {
    if (count >= roundLimits.entries) break;
    const entries = splitRequest(request, describe);
    split.push({ request, entries });
    count += entries.length;
  }
  return split;
}

/** Only admission draws entry ids, so that those drawn at once are consecutive. */
async function withIds(run: RunStatement, split: readonly NewRequestEntries[]): Promise<AdmittedEntry[]> {
  const flat = split.flatMap(({ request, entries }) => entries.map((entry) => ({ request, entry })));
  const rows = await run(`SELECT nextval('entry_id') AS id FROM generate_series(1, $1::integer)`, [
    flat.length,
  ]);
  const ids = rows.map((row) => row['id'] as number).sort((one, other) => one - other);
  return flat.map(({ request, entry }, index) => ({
    ...entry,
    id: ids[index] as number,
    request,
    keys: entry.keys.map(hashKey),
    newKeys: [],
  }));
}

/** Takes the entries in the order of their ids: repetitions end here, and every key is remembered. */
async function settleDuplicates(
  run: RunStatement,
  entries: readonly AdmittedEntry[],
): Promise<AdmittedEntry[]> {
  const seen = await findSeen(
    run,
    entries.flatMap(({ keys }) => keys),
  );
  return entries.map((entry) => {
    const newKeys = entry.keys.filter((key, index) => !seen.has(key) && entry.keys.indexOf(key) === index);
    const original = findOriginal(entry, seen);
    const remembered = newKeys.map((key) => ({ key, entryId: original ?? entry.id }));
    if (original === undefined) return { ...entry, newKeys: remembered };
    return { ...entry, newKeys: remembered, end: duplicateEnd(original) };
  });
}

async function findSeen(run: RunStatement, keys: readonly string[]): Promise<Map<string, number>> {
  if (keys.length === 0) return new Map();
  const rows = await run('SELECT key, entry_id FROM seen_key WHERE key = ANY($1::uuid[])', [
    [...new Set(keys)],
  ]);
  return new Map(rows.map((row) => [digitsOfUuid(row['key']), row['entry_id'] as number]));
}
