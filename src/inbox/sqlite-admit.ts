import type { DescribeBody, DescribedBody, Direction } from './inbox.ts';
import { recordTransition } from './sqlite-transition.ts';
import { bytesOf } from './sqlite-row.ts';
import type { SqliteSession } from './sqlite-session.ts';

/** What one round admits at most: it bounds memory and how long intake waits behind the transaction. */
const roundLimits = { requests: 500, entries: 2000, bodyBytes: 32 * 1024 * 1024 };

/** No batch of Sweego's comes near it: a request of 1 MB holds a few thousand events. */
const maxElements = 10_000;

type StoredRequest = {
  id: number;
  direction: Direction;
  webhookId: string;
  receivedAtMs: number;
  body: Uint8Array;
};

type Admission = { requests: number; entries: number; bodyBytes: number };

/**
 * Makes entries of the requests behind the last admitted one. Must run inside a write transaction.
 *
 * @param nowMs milliseconds since 1970; an entry is due from the moment its request was received, or from
 *   now when a clock that was set back would put that into the future
 * @returns how many requests were admitted; 0 means that none was left
 */
export function admitRequests(session: SqliteSession, nowMs: number, describe: DescribeBody): number {
  const done: Admission = { requests: 0, entries: 0, bodyBytes: 0 };
  const cursor = Number(session.first('SELECT last_request_id FROM admission', [])?.['last_request_id']);
  let last = cursor;
  while (hasRoom(done)) {
    const request = nextRequest(session, last);
    if (request === undefined) break;
    done.entries += admitRequest(session, request, nowMs, describe);
    done.requests += 1;
    done.bodyBytes += request.body.byteLength;
    last = request.id;
  }
  if (last > cursor) session.run('UPDATE admission SET last_request_id = ?', [last]);
  return done.requests;
}

function hasRoom(done: Admission): boolean {
  return (
    done.requests < roundLimits.requests &&
    done.entries < roundLimits.entries &&
    done.bodyBytes < roundLimits.bodyBytes
  );
}

function nextRequest(session: SqliteSession, afterId: number): StoredRequest | undefined {
  const row = session.first(
    'SELECT id, direction, webhook_id, received_at, body FROM request WHERE id > ? ORDER BY id LIMIT 1',
    [afterId],
  );
  return (
    row && {
      id: row['id'] as number,
      direction: row['direction'] as Direction,
      webhookId: row['webhook_id'] as string,
      receivedAtMs: row['received_at'] as number,
      body: bytesOf(row['body']),
    }
  );
}

function admitRequest(
  session: SqliteSession,
  request: StoredRequest,
  nowMs: number,
  describe: DescribeBody,
): number {
  const described = describeSafely(request, describe);
  if (described.kind === 'unreadable') {
    const id = insertEntry(session, request, 'parked', null);
    recordTransition(session, id, nowMs, 'parked', described.reason);
    return 1;
  }
  const { isArray, elements } = described;
  if (elements.length === 0) {
    const id = insertEntry(session, request, 'settled', null);
    recordTransition(session, id, nowMs, 'settled', 'ignored: empty array');
    return 1;
  }
  elements.forEach(({ keys, body }, position) => {
    const original = findOriginal(session, keys);
    const place = isArray ? { position, splitCount: elements.length } : null;
    const dueAtMs = original === undefined ? Math.min(request.receivedAtMs, nowMs) : null;
    const id = insertEntry(session, request, dueAtMs === null ? 'settled' : 'received', dueAtMs, place);
    if (isArray) session.run('INSERT INTO element (entry_id, body) VALUES (?, ?)', [id, body]);
    if (original !== undefined) {
      recordTransition(session, id, nowMs, 'settled', `duplicate of ${original}`);
    }
    rememberKeys(session, keys, original ?? id);
  });
  return elements.length;
}

/** A body that makes `describe` fail is parked like an unreadable one: it must not stop those behind it. */
function describeSafely(request: StoredRequest, describe: DescribeBody): DescribedBody {
  const { direction, webhookId, body } = request;
  try {
    const described = describe({ direction, webhookId, body });
    if (described.kind === 'elements' && described.elements.length > maxElements) {
      return { kind: 'unreadable', reason: `INBOX_TOO_MANY_ELEMENTS: more than ${maxElements} elements` };
    }
    return described;
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    return { kind: 'unreadable', reason: `INBOX_DESCRIBE_FAILED: the body could not be examined (${name})` };
  }
}

function insertEntry(
  session: SqliteSession,
  request: StoredRequest,
  state: 'received' | 'settled' | 'parked',
  dueAtMs: number | null,
  place: { position: number; splitCount: number } | null = null,
): number {
  return session.run(
    'INSERT INTO entry (request_id, position, split_count, direction, state, due_at) VALUES (?, ?, ?, ?, ?, ?)',
    [request.id, place?.position ?? null, place?.splitCount ?? null, request.direction, state, dueAtMs],
  ).lastId;
}

function findOriginal(session: SqliteSession, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const row = session.first('SELECT entry_id FROM seen_key WHERE key = ?', [key]);
    if (row !== undefined) return row['entry_id'] as number;
  }
  return undefined;
}

/**
 * A duplicate's keys are remembered too, as names of the entry it repeats: a third delivery may share a key
 * with the second only (the second came under a new webhook-id, and that request is then retried).
 */
function rememberKeys(session: SqliteSession, keys: readonly string[], entryId: number): void {
  for (const key of keys) {
    session.run('INSERT INTO seen_key (key, entry_id) VALUES (?, ?) ON CONFLICT DO NOTHING', [key, entryId]);
  }
}
