import type { Inbox } from './inbox.ts';
import { bytesOf } from './entry-row.ts';
import type { PostgresSession } from './postgres-session.ts';

/** `saveSnapshot` and `findSnapshot` of the contract. */
export function createSnapshots(session: PostgresSession): Pick<Inbox, 'saveSnapshot' | 'findSnapshot'> {
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
