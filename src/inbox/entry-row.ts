import type { StoredRequest } from './admission.ts';
import type {
  Entry,
  EntryCode,
  EntryFilter,
  EntryKind,
  EntryOutcome,
  EntryState,
  EntrySummary,
  Transition,
} from './entry.ts';
import type { SecretUse, StoredFile } from './inbox.ts';

/** A row as either driver returns it. Instants are milliseconds since 1970. */
type Row = Readonly<Record<string, unknown>>;

/** Decides whether an entry can be replayed, discarded or erased. */
export type Standing = { state: EntryState; isErased: boolean };

export function entryOf(row: Row): Entry {
  return { ...placeOf(row), body: bytesOf(row['body']) };
}

export function summaryOf(row: Row): EntrySummary {
  const dueAtMs = row['due_at'] as number | null;
  return {
    ...placeOf(row),
    requestKey: row['webhook_id'] as string,
    dueAt: dueAtMs === null ? null : new Date(dueAtMs),
    outcome: row['outcome'] as EntryOutcome | null,
    code: row['code'] as EntryCode | null,
    reason: row['reason'] as string,
    isErased: isErased(row),
  };
}

export function standingOf(row: Row): Standing {
  return { state: row['state'] as EntryState, isErased: isErased(row) };
}

export function transitionOf(row: Row): Transition {
  return {
    at: new Date(row['at'] as number),
    state: row['state'] as EntryState,
    outcome: row['outcome'] as EntryOutcome | null,
    code: row['code'] as EntryCode | null,
    target: row['target'] as string | null,
    reason: row['reason'] as string,
  };
}

export function secretUseOf(row: Row): SecretUse {
  return {
    secretId: row['secret_id'] as string,
    kind: row['direction'] as EntryKind,
    lastUsedAt: new Date(row['last_used_at'] as number),
    requests: row['requests'] as number,
  };
}

export function storedRequestOf(row: Row): StoredRequest {
  return {
    id: row['id'] as number,
    kind: row['direction'] as EntryKind,
    requestKey: row['webhook_id'] as string,
    secretId: row['secret_id'] as string,
    receivedAtMs: row['received_at'] as number,
    body: bytesOf(row['body']),
  };
}

export function storedFileOf(row: Row): StoredFile {
  return {
    name: row['name'] as string,
    sizeBytes: row['size_bytes'] as number,
    sha256: row['sha256'] as string,
  };
}

/** Bytes as plain Uint8Array without copying them; both drivers return a Buffer. */
export function bytesOf(blob: unknown): Uint8Array {
  const { buffer, byteOffset, byteLength } = blob as Uint8Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function isErased(row: Row): boolean {
  return isTrue(row['is_erased']);
}

/** SQLite has 0 and 1 where PostgreSQL has false and true. */
function isTrue(value: unknown): boolean {
  return Boolean(value);
}

function placeOf(row: Row): Omit<Entry, 'body'> {
  return {
    id: row['id'] as number,
    requestId: row['request_id'] as number,
    position: row['position'] as number | null,
    kind: row['direction'] as EntryKind,
    secretId: row['secret_id'] as string,
    receivedAt: new Date(row['received_at'] as number),
    state: row['state'] as EntryState,
    attempts: row['attempts'] as number,
    waits: row['waits'] as number,
    isReplayed: isTrue(row['is_replayed']),
    target: row['target'] as string | null,
  };
}

const allStates: readonly EntryState[] = ['received', 'claimed', 'waiting', 'settled', 'parked'];
export const allKinds: readonly EntryKind[] = ['outbound', 'inbound', 'log'];

const defaultListLimit = 100;

/** The filter with a value for every part; instants are milliseconds since 1970. */
export function completeFilter(filter: EntryFilter) {
  return {
    states: filter.states ?? allStates,
    kinds: filter.kinds ?? allKinds,
    sinceMs: filter.receivedSince?.getTime() ?? 0,
    beforeMs: filter.receivedBefore?.getTime() ?? Number.MAX_SAFE_INTEGER,
    limit: filter.limit ?? defaultListLimit,
  };
}
