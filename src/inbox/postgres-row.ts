import type { Direction, Entry, EntryState, EntrySummary } from './inbox.ts';
import type { PostgresRow } from './postgres-session.ts';

/** Columns and tables of a summary; add a WHERE clause. */
export const selectSummary = `
  SELECT entry.id, request_id, entry.position, entry.direction, secret_id, entry.received_at, state, attempts,
    waits, instruction, webhook_id, due_at, is_erased,
    coalesce(
      (SELECT reason FROM transition WHERE entry_id = entry.id ORDER BY transition.id DESC LIMIT 1),
      ${firstReason()}
    ) AS reason
  FROM entry JOIN request ON request.id = request_id`;

/** Columns and tables of an entry with its body; add a WHERE clause. */
export const selectEntry = `
  SELECT entry.id, request_id, entry.position, entry.direction, secret_id, entry.received_at, state, attempts,
    waits, instruction, coalesce(element.body, request.body, '') AS body
  FROM entry JOIN request ON request.id = request_id LEFT JOIN element ON element.entry_id = entry.id`;

/**
 * The reason of an entry's first transition, which is not stored: it was received, as its request was, and
 * a request whose body is an array was split.
 */
export function firstReason(): string {
  return "CASE WHEN split_count IS NULL THEN 'received' ELSE 'split(' || split_count || ')' END";
}

export function entryOf(row: PostgresRow): Entry {
  return { ...placeOf(row), body: bytesOf(row['body']) };
}

export function summaryOf(row: PostgresRow): EntrySummary {
  const dueAtMs = row['due_at'] as number | null;
  return {
    ...placeOf(row),
    webhookId: row['webhook_id'] as string,
    dueAt: dueAtMs === null ? null : new Date(dueAtMs),
    reason: row['reason'] as string,
    isErased: row['is_erased'] as boolean,
  };
}

function placeOf(row: PostgresRow): Omit<Entry, 'body'> {
  return {
    id: row['id'] as number,
    requestId: row['request_id'] as number,
    position: row['position'] as number | null,
    direction: row['direction'] as Direction,
    secretId: row['secret_id'] as string,
    receivedAt: new Date(row['received_at'] as number),
    state: row['state'] as EntryState,
    attempts: row['attempts'] as number,
    waits: row['waits'] as number,
    instruction: row['instruction'] as string | null,
  };
}

/** Bytes as plain Uint8Array without copying them; the driver gives a Buffer. */
export function bytesOf(blob: unknown): Uint8Array {
  const { buffer, byteOffset, byteLength } = blob as Buffer;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
