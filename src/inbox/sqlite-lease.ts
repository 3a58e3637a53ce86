import type { Inbox } from './inbox.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';

/** `holdLease` and `releaseLease` of the contract: one row per lease, taken by whoever finds it expired. */
export function createLease(session: SqliteSession): Pick<Inbox, 'holdLease' | 'releaseLease'> {
  return {
    holdLease: ({ name, holder, ttlMs, now }) =>
      inWriteTransaction(session, () => {
        const nowMs = now.getTime();
        const { changes } = session.run(
          `INSERT INTO lease (name, holder, expires_at) VALUES (?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
           WHERE lease.holder = excluded.holder OR lease.expires_at <= ?`,
          [name, holder, nowMs + ttlMs, nowMs],
        );
        return changes > 0;
      }),

    releaseLease: ({ name, holder }) =>
      inWriteTransaction(session, () => {
        session.run('DELETE FROM lease WHERE name = ? AND holder = ?', [name, holder]);
      }),
  };
}
