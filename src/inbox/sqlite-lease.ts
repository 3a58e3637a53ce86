import type { Inbox } from './inbox.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';

/** The beat that this inbox saw last of somebody else's lease, and since when by its own clock. */
type SeenBeat = { beat: number; sinceMs: number };

/**
 * `holdLease` and `releaseLease` of the contract: one row per lease. Every renewal adds one to its beat, also
 * the first after a release, so that no two renewals look the same. Whether a holder still lives is judged
 * by whether the beat stands still while we watch.
 */
export function createLease(session: SqliteSession): Pick<Inbox, 'holdLease' | 'releaseLease'> {
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
      inWriteTransaction(session, () => {
        const lease = session.first('SELECT holder, beat FROM lease WHERE name = ?', [name]);
        const isOthers = lease !== undefined && lease['holder'] !== null && lease['holder'] !== holder;
        if (isOthers && !hasEnded(name, lease['beat'] as number, ttlMs, now.getTime())) return false;
        session.run(
          `INSERT INTO lease (name, holder, beat) VALUES (?, ?, 1)
           ON CONFLICT DO UPDATE SET holder = excluded.holder, beat = beat + 1`,
          [name, holder],
        );
        return true;
      }),

    releaseLease: ({ name, holder }) =>
      inWriteTransaction(session, () => {
        session.run('UPDATE lease SET holder = NULL WHERE name = ? AND holder = ?', [name, holder]);
      }),
  };
}
