import type { Inbox } from './inbox.ts';
import { reading } from './sqlite-read.ts';
import { bytesOf } from './entry-row.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';

/** `saveSnapshot` and `findSnapshot` of the contract. */
export function createSnapshots(session: SqliteSession): Pick<Inbox, 'saveSnapshot' | 'findSnapshot'> {
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
