import { randomUUID } from 'node:crypto';
import type { Inbox } from './inbox.ts';
import { createClaim } from './sqlite-claim.ts';
import { createErase } from './sqlite-erase.ts';
import { createLease } from './sqlite-lease.ts';
import { createPut } from './sqlite-put.ts';
import { createRead } from './sqlite-read.ts';
import { createRelease } from './sqlite-release.ts';
import { createReplay } from './sqlite-replay.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { createSettle } from './sqlite-settle.ts';
import { createSnapshots } from './sqlite-snapshot.ts';
import { createStoredFiles } from './sqlite-stored-file.ts';
import { createPutListeners } from './put-listeners.ts';

/** The inbox on an opened SQLite file; it owns the session from now on and closes it. */
export function createSqliteInbox(session: SqliteSession): Inbox {
  const { onPut, tell } = createPutListeners();
  const inboxId = randomUUID();
  const { put, drain } = createPut(session, tell);
  return {
    put,
    claim: createClaim(session, inboxId),
    ...createSettle(session, inboxId),
    ...createRelease(session, inboxId),
    ...createReplay(session),
    ...createErase(session),
    ...createRead(session),
    ...createLease(session),
    ...createStoredFiles(session),
    ...createSnapshots(session),
    onPut,
    async close() {
      await drain();
      session.close();
    },
  };
}
