import { findOriginal, splitRequest } from '../admission.ts';
import type { NewEntry, StoredRequest } from '../admission.ts';
import { storedRequestOf, secretUseOf } from '../entry-row.ts';
import type { DescribeBody, Direction, SecretUse } from '../inbox.ts';
import type { SqliteSession } from './session.ts';
import { recordTransition } from './transition.ts';

/**
 * What one transaction admits at most. SQLite works in the event loop: 100 requests take 10 to 20 ms of it, and
 * webhooks are answered between two transactions.
 */
const turnLimits: Admission = { requests: 100, entries: 400, bodyBytes: 8 * 1024 * 1024 };

/** How much was admitted, bytes of bodies included. */
export type Admission = { requests: number; entries: number; bodyBytes: number };

/**
 * Makes entries of the requests behind the last admitted one. Must run inside a write transaction.
 *
 * @param nowMs milliseconds since 1970; an entry is due from the moment its request was received, or from
 *   now when a clock that was set back would put that into the future
 * @returns no requests when none was left
 */
export function admitRequests(session: SqliteSession, nowMs: number, describe: DescribeBody): Admission {
  const cursor = Number(session.first('SELECT last_request_id FROM admission', [])?.['last_request_id']);
  const requests: Omit<StoredRequest, 'body'>[] = [];
  let last = cursor;
  let entries = 0;
  let bodyBytes = 0;
  while (!hasReached({ requests: requests.length, entries, bodyBytes }, turnLimits)) {
    const request = nextRequest(session, last);
    if (request === undefined) break;
    const { body, ...rest } = request;
    const split = splitRequest(request, describe);
    for (const entry of split) admitEntry(session, rest, entry, nowMs);
    requests.push(rest);
    entries += split.length;
    bodyBytes += body.byteLength;
    last = request.id;
  }
  if (last > cursor) {
    session.run('UPDATE admission SET last_request_id = ?', [last]);
    countSecretUses(session, requests);
  }
  return { requests: requests.length, entries, bodyBytes };
}

/** Whether one of the limits is reached. */
export function hasReached(done: Admission, limits: Admission): boolean {
  return (
    done.requests >= limits.requests || done.entries >= limits.entries || done.bodyBytes >= limits.bodyBytes
  );
}

function nextRequest(session: SqliteSession, afterId: number): StoredRequest | undefined {
  const row = session.first(
    `SELECT id, direction, webhook_id, secret_id, received_at, body FROM request
     WHERE id > ? ORDER BY id LIMIT 1`,
    [afterId],
  );
  return row && storedRequestOf(row);
}

function admitEntry(
  session: SqliteSession,
  request: Omit<StoredRequest, 'body'>,
  entry: NewEntry,
  nowMs: number,
): void {
  const id = insertEntry(session, request, entry, nowMs);
  if (entry.elementBody !== null) {
    session.run('INSERT INTO element (entry_id, body) VALUES (?, ?)', [id, entry.elementBody]);
  }
  for (const term of entry.termHashes) {
    session.run('INSERT INTO term (term, entry_id) VALUES (?, ?)', [term, id]);
  }
  const original = rememberKeys(session, { id, keys: entry.keys });
  const end = original === undefined ? entry.end : endAsDuplicate(session, id, original, nowMs);
  if (end !== null) recordTransition(session, id, nowMs, end.state, end.reason);
}

function insertEntry(
  session: SqliteSession,
  request: Omit<StoredRequest, 'body'>,
  { position, splitCount, end }: NewEntry,
  nowMs: number,
): number {
  const dueAtMs = end === null ? Math.min(request.receivedAtMs, nowMs) : null;
  const settledAtMs = end?.state === 'settled' ? nowMs : null;
  return session.run(
    `INSERT INTO entry
       (request_id, position, split_count, direction, received_at, state, due_at, settled_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      request.id,
      position,
      splitCount,
      request.direction,
      request.receivedAtMs,
      end?.state ?? 'received',
      dueAtMs,
      settledAtMs,
    ],
  ).lastId;
}

/** @returns the id of the entry that this one repeats, if any */
function rememberKeys(
  session: SqliteSession,
  entry: { id: number; keys: readonly string[] },
): number | undefined {
  const seen = new Map<string, number>();
  for (const key of entry.keys) {
    const row = session.first('SELECT entry_id FROM seen_key WHERE key = ?', [key]);
    if (row !== undefined) seen.set(key, row['entry_id'] as number);
  }
  const known = new Set(seen.keys());
  const original = findOriginal(entry, seen);
  for (const [key, entryId] of seen) {
    if (known.has(key)) continue;
    session.run('INSERT INTO seen_key (key, entry_id) VALUES (?, ?)', [key, entryId]);
  }
  return original;
}

function endAsDuplicate(
  session: SqliteSession,
  id: number,
  original: number,
  nowMs: number,
): NonNullable<NewEntry['end']> {
  session.run("UPDATE entry SET state = 'settled', due_at = NULL, settled_at = ? WHERE id = ?", [nowMs, id]);
  return { state: 'settled', reason: `duplicate of ${original}` };
}

/** Adds admitted requests to what is known of the secrets that verified them, one write per secret. */
export function countSecretUses(
  session: SqliteSession,
  requests: readonly Omit<StoredRequest, 'body'>[],
): void {
  const uses = new Map<string, { secretId: string; direction: Direction; lastMs: number; count: number }>();
  for (const { secretId, direction, receivedAtMs } of requests) {
    const key = `${direction} ${secretId}`;
    const use = uses.get(key) ?? { secretId, direction, lastMs: receivedAtMs, count: 0 };
    uses.set(key, { ...use, lastMs: Math.max(use.lastMs, receivedAtMs), count: use.count + 1 });
  }
  for (const { secretId, direction, lastMs, count } of uses.values()) {
    session.run(
      `INSERT INTO secret_use (secret_id, direction, last_used_at, requests) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at),
         requests = requests + excluded.requests`,
      [secretId, direction, lastMs, count],
    );
  }
}

/** The secrets that have verified something, the one used last first. */
export function listSecretUses(session: SqliteSession): SecretUse[] {
  return session
    .all(
      `SELECT secret_id, direction, last_used_at, requests FROM secret_use
       ORDER BY last_used_at DESC, secret_id, direction`,
      [],
    )
    .map(secretUseOf);
}
