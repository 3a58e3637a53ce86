import type { Inbox } from './inbox.ts';
import type { PostgresSession } from './postgres-session.ts';

/** The beat that this inbox saw last of somebody else's lease, and since when by its own clock. */
type SeenBeat = { beat: number; sinceMs: number };

/**
 * `holdLease` and `releaseLease` of the contract: one row per lease. Every renewal adds one to its beat, also
 * the first after a release, so that no two renewals look the same. Whether a holder still lives is judged
 * by whether the beat stands still while we watch.
 */
export function createLease(session: PostgresSession): Pick<Inbox, 'holdLease' | 'releaseLease'> {
  const seenBeats = new Map<string, SeenBeat>();

  /** Somebody else's lease counts as ended when its beat has stood still for `ttlMs` before our eyes. */
  function hasEnded(name: string, beat: number, ttlMs: number, nowMs: number): boolean {
    const seen = seenBeats.get(name);
    // A clock that was set back starts the watch again: it must not last the longer for it.
    if (seen?.beat === beat && nowMs >= seen.sinceMs) return nowMs - seen.sinceMs >= ttlMs;
    seenBeats.set(name, { beat, sinceMs: nowMs });
    return false;
  }

  return {
    holdLease: ({ name, holder, ttlMs, now }) =>
      session.inTransaction(async (run) => {
        // Of two that ask first at the same time, the later one waits here and then finds the row taken.
        await run('INSERT INTO lease (name, beat) VALUES ($1, 0) ON CONFLICT DO NOTHING', [name]);
        const [lease] = await run('SELECT holder, beat FROM lease WHERE name = $1 FOR UPDATE', [name]);
        const isOthers = lease?.['holder'] !== null && lease?.['holder'] !== holder;
        if (isOthers && !hasEnded(name, lease?.['beat'] as number, ttlMs, now.getTime())) return false;
        await run('UPDATE lease SET holder = $2, beat = beat + 1 WHERE name = $1', [name, holder]);
        return true;
      }),

    async releaseLease({ name, holder }) {
      await session.writeRepeatable('UPDATE lease SET holder = NULL WHERE name = $1 AND holder = $2', [
        name,
        holder,
      ]);
    },
  };
}
