import { createHash } from 'node:crypto';
import type { DescribeBody, DescribedBody } from './described-body.ts';
import { codeNote, outcomeNote } from './entry-note.ts';
import type { EntryEnd } from './entry-note.ts';
import type { EntryKind, ParkReason } from './entry.ts';

/** The most that one round admits. It bounds memory, and how long webhooks wait for the transaction. */
export const roundLimits = { requests: 500, entries: 2000, bodyBytes: 32 * 1024 * 1024 };

/** Far more than a batch of Sweego's has: a request of 1 MB holds a few thousand events. */
const maxElements = 10_000;

/** A request that has not been split into entries yet. */
export type StoredRequest = {
  id: number;
  kind: EntryKind;
  requestKey: string;
  secretId: string;
  /** Milliseconds since 1970. */
  receivedAtMs: number;
  body: Uint8Array;
};

/** An entry of a request that was just split; nobody has looked for duplicates yet. */
export type NewEntry = {
  /** Position in the array body, and the number of its elements; both `null` for a single object. */
  position: number | null;
  splitCount: number | null;
  /** The element's own body; `null` when the entry's body is the request's. */
  elementBody: Uint8Array | null;
  keys: readonly string[];
  /** Hashes of the described terms. */
  termHashes: readonly string[];
  /** `null` when the entry is due. */
  end: EntryEnd | null;
};

/**
 * The entries of a request, the same on every engine. A body that cannot be described, or whose description cannot be
 * used, is parked like an unreadable one: it must not stop the requests behind it.
 */
export function splitRequest(request: StoredRequest, describe: DescribeBody): NewEntry[] {
  try {
    return entriesOf(describe(request));
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    const reason = `the body could not be examined (${name})`;
    return [parkedEntry({ code: 'INBOX_DESCRIBE_FAILED', reason })];
  }
}

function entriesOf(described: DescribedBody): NewEntry[] {
  if (described.kind === 'unreadable') return [parkedEntry(described)];
  const { isArray, elements } = described;
  if (elements.length > maxElements) {
    const reason = `more than ${maxElements} elements`;
    return [parkedEntry({ code: 'INBOX_TOO_MANY_ELEMENTS', reason })];
  }
  if (elements.length === 0) {
    return [
      endedEntry({ state: 'settled', note: outcomeNote({ outcome: 'ignored', reason: 'empty array' }) }),
    ];
  }
  return elements.map(({ body, keys, terms }, position) => ({
    position: isArray ? position : null,
    splitCount: isArray ? elements.length : null,
    elementBody: isArray ? body : null,
    keys,
    termHashes: [...new Set(terms.map(hashTerm))],
    end: null,
  }));
}

/**
 * Finds the entry that has the same event. A duplicate's keys are remembered too, as keys of its original: a third
 * delivery may share a key with the second one only (the second one has another request key, and that request is
 * then sent again).
 *
 * @param seen entry ids by key; the keys of `entry` are added
 * @returns the id of the original, or undefined when this is the first of its kind
 */
export function findOriginal(
  entry: { id: number; keys: readonly string[] },
  seen: Map<string, number>,
): number | undefined {
  const known = entry.keys.find((key) => seen.has(key));
  const original = known === undefined ? undefined : seen.get(known);
  for (const key of entry.keys) if (!seen.has(key)) seen.set(key, original ?? entry.id);
  return original;
}

/** The stored form of a term: 128 bits of its SHA-256 as 32 hexadecimal digits. No address can be read from it. */
export function hashTerm(term: string): string {
  return createHash('sha256').update(term).digest('hex').slice(0, 32);
}

function parkedEntry(reason: ParkReason): NewEntry {
  return endedEntry({ state: 'parked', note: codeNote(reason) });
}

function endedEntry(end: EntryEnd): NewEntry {
  return {
    position: null,
    splitCount: null,
    elementBody: null,
    keys: [],
    termHashes: [],
    end,
  };
}
