import type { Inbox } from './inbox.ts';
import { createLeaseWatch } from './lease-watch.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';

/** `holdLease` and `releaseLease` of the contract: one row per lease, with the beat that a watch looks at. */
export function createLease(session: SqliteSession): Pick<Inbox, 'holdLease' | 'releaseLease'> {
  const hasEnded = createLeaseWatch();

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
