import { createHash } from 'node:crypto';
import type { DescribeBody, DescribedBody, Direction } from './inbox.ts';

/** What one round admits at most: it bounds memory and how long intake waits behind the transaction. */
export const roundLimits = { requests: 500, entries: 2000, bodyBytes: 32 * 1024 * 1024 };

/** No batch of Sweego's comes near it: a request of 1 MB holds a few thousand events. */
const maxElements = 10_000;

/** A request that has not been split into entries yet. */
export type StoredRequest = {
  id: number;
  direction: Direction;
  webhookId: string;
  secretId: string;
  /** Milliseconds since 1970. */
  receivedAtMs: number;
  body: Uint8Array;
};

/** An entry as it is when its request is split, before duplicates are looked for. */
export type NewEntry = {
  /** Place in the array body, and how many elements that has; both `null` for a single object. */
  position: number | null;
  splitCount: number | null;
  /** The element's own body; `null` when the entry's body is the request's. */
  elementBody: Uint8Array | null;
  keys: readonly string[];
  /** Hashes of the described terms. */
  termHashes: readonly string[];
  /** How it has ended already; `null` when it is due. */
  end: { state: 'parked' | 'settled'; reason: string } | null;
};

/**
 * The entries of a request, the same on every engine. A body that cannot be described, or whose description cannot
 * be used, is parked like an unreadable one: it must not stop those behind it.
 */
export function splitRequest(request: StoredRequest, describe: DescribeBody): NewEntry[] {
  try {
    return entriesOf(describe(request));
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    const reason = `INBOX_DESCRIBE_FAILED: the body could not be examined (${name})`;
    return [endedEntry('parked', reason)];
  }
}

function entriesOf(described: DescribedBody): NewEntry[] {
  if (described.kind === 'unreadable') return [endedEntry('parked', described.reason)];
  const { isArray, elements } = described;
  if (elements.length > maxElements) {
    return [endedEntry('parked', `INBOX_TOO_MANY_ELEMENTS: more than ${maxElements} elements`)];
  }
  if (elements.length === 0) return [endedEntry('settled', 'ignored: empty array')];
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
 * The entry that one with these keys repeats. A duplicate's keys are remembered too, as names of the entry it
 * repeats: a third delivery may share a key with the second only (the second came under a new webhook-id, and
 * that request is then retried).
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

/** What is stored of a term: 128 bits of its SHA-256 as 32 hexadecimal digits. No address can be read from it. */
export function hashTerm(term: string): string {
  return createHash('sha256').update(term).digest('hex').slice(0, 32);
}

function endedEntry(state: 'parked' | 'settled', reason: string): NewEntry {
  return {
    position: null,
    splitCount: null,
    elementBody: null,
    keys: [],
    termHashes: [],
    end: { state, reason },
  };
}
