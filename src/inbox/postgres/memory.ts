import { bytesOf } from '../entry-row.ts';
import type { Inbox } from '../inbox.ts';
import { createLeaseWatch } from '../lease-watch.ts';
import type { Session } from './session.ts';

/** `holdLease` and `releaseLease` of the contract: one row per lease, with the beat that a lease watch observes. */
export function leaseOperations(session: Session): Pick<Inbox, 'holdLease' | 'releaseLease'> {
  const hasExpired = createLeaseWatch();

  return {
    holdLease: ({ name, holder, ttlMs, now }) =>
      session.inTransaction(async (run) => {
        // When two processes ask for a new lease at once, the later one waits here and then finds the row held.
        await run('INSERT INTO lease (name, beat) VALUES ($1, 0) ON CONFLICT DO NOTHING', [name]);
        const [lease] = await run('SELECT holder, beat FROM lease WHERE name = $1 FOR UPDATE', [name]);
        const isOthers = lease?.['holder'] !== null && lease?.['holder'] !== holder;
        if (isOthers && !hasExpired(name, lease?.['beat'] as number, ttlMs, now.getTime())) return false;
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

/** `saveSnapshot` and `findSnapshot` of the contract. */
export function snapshotOperations(session: Session): Pick<Inbox, 'saveSnapshot' | 'findSnapshot'> {
  return {
    async saveSnapshot(name, bytes, now) {
      await session.writeRepeatable(
        `INSERT INTO snapshot (name, saved_at, bytes) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET saved_at = excluded.saved_at, bytes = excluded.bytes`,
        [name, now.getTime(), bytes],
      );
    },

    async findSnapshot(name) {
      const [row] = await session.read('SELECT saved_at, bytes FROM snapshot WHERE name = $1', [name]);
      return row && { bytes: bytesOf(row['bytes']), savedAt: new Date(row['saved_at'] as number) };
    },
  };
}
