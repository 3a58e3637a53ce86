/** The beat that was seen last of somebody else's lease, and since when by our own clock. */
type SeenBeat = { beat: number; sinceMs: number };

/**
 * Judges whether the holder of a lease still lives: every renewal adds one to the lease's beat, also the first
 * after a release, so that no two renewals look the same.
 *
 * @returns whether somebody else's lease has ended: its beat has stood still for `ttlMs` before our eyes
 */
export function createLeaseWatch(): (name: string, beat: number, ttlMs: number, nowMs: number) => boolean {
  const seenBeats = new Map<string, SeenBeat>();
  return (name, beat, ttlMs, nowMs) => {
    const seen = seenBeats.get(name);
    // A clock that was set back starts the watch again: it must not last the longer for it.
    if (seen?.beat === beat && nowMs >= seen.sinceMs) return nowMs - seen.sinceMs >= ttlMs;
    seenBeats.set(name, { beat, sinceMs: nowMs });
    return false;
  };
}
