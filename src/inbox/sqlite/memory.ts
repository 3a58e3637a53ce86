import { bytesOf } from '../entry-row.ts';
import type { Inbox } from '../inbox.ts';
import { createLeaseWatch } from '../lease-watch.ts';
import type { Session } from './session.ts';
import { inWriteTransaction, reading } from './transaction.ts';

/** `holdLease` and `releaseLease` of the contract: one row per lease, with the beat that a lease watch observes. */
export function leaseOperations(session: Session): Pick<Inbox, 'holdLease' | 'releaseLease'> {
  const hasExpired = createLeaseWatch();

  return {
    holdLease: ({ name, holder, ttlMs, now }) =>
      inWriteTransaction(session, () => {
        const lease = session.first('SELECT holder, beat FROM lease WHERE name = ?', [name]);
        const isOthers = lease !== undefined && lease['holder'] !== null && lease['holder'] !== holder;
        if (isOthers && !hasExpired(name, lease['beat'] as number, ttlMs, now.getTime())) return false;
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

/** `saveSnapshot` and `findSnapshot` of the contract. */
export function snapshotOperations(session: Session): Pick<Inbox, 'saveSnapshot' | 'findSnapshot'> {
  return {
    saveSnapshot: (name, bytes, now) =>
      inWriteTransaction(session, () => {
        session.run('INSERT OR REPLACE INTO snapshot (name, saved_at, bytes) VALUES (?, ?, ?)', [
          name,
          now.getTime(),
          bytes,
        ]);
      }),

    findSnapshot: (name) =>
      reading(() => {
        const row = session.first('SELECT saved_at, bytes FROM snapshot WHERE name = ?', [name]);
        return row && { bytes: bytesOf(row['bytes']), savedAt: new Date(row['saved_at'] as number) };
      }),
  };
}
