/** The last beat that was observed of a lease, and when it was first observed by our own clock. */
type SeenBeat = { beat: number; sinceMs: number };

/**
 * Judges whether the holder of a lease has stopped renewing it. Every renewal adds one to the lease's beat, also the
 * first one after a release, so that no two renewals look the same.
 *
 * @returns whether another holder's lease has expired: the caller has observed the same beat for `ttlMs`
 */
export function createLeaseWatch(): (name: string, beat: number, ttlMs: number, nowMs: number) => boolean {
  const seenBeats = new Map<string, SeenBeat>();
  return (name, beat, ttlMs, nowMs) => {
    const seen = seenBeats.get(name);
    // A clock that was set back starts the watch again: the lease must not last longer for it.
    if (seen?.beat === beat && nowMs >= seen.sinceMs) return nowMs - seen.sinceMs >= ttlMs;
    seenBeats.set(name, { beat, sinceMs: nowMs });
    return false;
  };
}
