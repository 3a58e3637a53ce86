import { findOriginal, splitRequest } from '../admission.ts';
import type { NewEntry, StoredRequest } from '../admission.ts';
import type { DescribeBody } from '../described-body.ts';
import { duplicateEnd } from '../entry-note.ts';
import type { EntryEnd } from '../entry-note.ts';
import { storedRequestOf } from '../entry-row.ts';
import type { EntryKind } from '../entry.ts';
import { hasReached, turnLimits } from './admission-turn.ts';
import type { Admission } from './admission-turn.ts';
import type { Session } from './session.ts';
import { changeEntries } from './transition.ts';

/**
 * Makes entries of the requests behind the last admitted one. Must run inside a write transaction.
 *
 * @param nowMs milliseconds since 1970. An entry is due from the moment its request was received, or from now when a
 *   clock that was set back puts that moment into the future
 * @returns no requests when none was left
 */
export function admitRequests(session: Session, nowMs: number, describe: DescribeBody): Admission {
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

function nextRequest(session: Session, afterId: number): StoredRequest | undefined {
  const row = session.first(
    `SELECT id, direction, webhook_id, secret_id, received_at, body FROM request
     WHERE id > ? ORDER BY id LIMIT 1`,
    [afterId],
  );
  return row && storedRequestOf(row);
}

function admitEntry(
  session: Session,
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
  const end = original === undefined ? entry.end : duplicateEnd(original);
  if (end !== null) endEntry(session, id, end, nowMs);
}

function insertEntry(
  session: Session,
  request: Omit<StoredRequest, 'body'>,
  { position, splitCount }: NewEntry,
  nowMs: number,
): number {
  return session.run(
    `INSERT INTO entry (request_id, position, split_count, direction, received_at, state, due_at)
     VALUES (?, ?, ?, ?, ?, 'received', ?)`,
    [
      request.id,
      position,
      splitCount,
      request.kind,
      request.receivedAtMs,
      Math.min(request.receivedAtMs, nowMs),
    ],
  ).lastId;
}

/** @returns the id of the entry that has the same event, if any */
function rememberKeys(session: Session, entry: { id: number; keys: readonly string[] }): number | undefined {
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

function endEntry(session: Session, id: number, { state, note }: EntryEnd, nowMs: number): void {
  const update = {
    set: 'state = ?, due_at = NULL, settled_at = ?',
    where: 'id = ?',
    parameters: [state, state === 'settled' ? nowMs : null, id],
  };
  changeEntries(session, update, nowMs, note);
}

/** Adds admitted requests to the counts of the secrets that verified them, one write per secret. */
function countSecretUses(session: Session, requests: readonly Omit<StoredRequest, 'body'>[]): void {
  const uses = new Map<string, { secretId: string; kind: EntryKind; lastMs: number; count: number }>();
  for (const { secretId, kind, receivedAtMs } of requests) {
    const key = `${kind} ${secretId}`;
    const use = uses.get(key) ?? { secretId, kind, lastMs: receivedAtMs, count: 0 };
    uses.set(key, { ...use, lastMs: Math.max(use.lastMs, receivedAtMs), count: use.count + 1 });
  }
  for (const { secretId, kind, lastMs, count } of uses.values()) {
    session.run(
      `INSERT INTO secret_use (secret_id, direction, last_used_at, requests) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at),
         requests = requests + excluded.requests`,
      [secretId, kind, lastMs, count],
    );
  }
}
