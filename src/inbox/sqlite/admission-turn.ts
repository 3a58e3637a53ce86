/** How much was admitted, bytes of bodies included. */
export type Admission = { requests: number; entries: number; bodyBytes: number };

/**
 * The most that one transaction admits. SQLite works in the event loop: 100 requests take 10 to 20 ms of it, and
 * webhooks are answered between two transactions.
 */
export const turnLimits: Admission = { requests: 100, entries: 400, bodyBytes: 8 * 1024 * 1024 };

/** Whether one of the limits is reached. */
export function hasReached(done: Admission, limits: Admission): boolean {
  return (
    done.requests >= limits.requests || done.entries >= limits.entries || done.bodyBytes >= limits.bodyBytes
  );
}

export function sumOf(one: Admission, other: Admission): Admission {
  return {
    requests: one.requests + other.requests,
    entries: one.entries + other.entries,
    bodyBytes: one.bodyBytes + other.bodyBytes,
  };
}
