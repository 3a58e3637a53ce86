import { randomUUID } from 'node:crypto';
import type { Inbox } from './inbox.ts';
import { createClaim } from './postgres-claim.ts';
import { createErase } from './postgres-erase.ts';
import { createLease } from './postgres-lease.ts';
import { createPut } from './postgres-put.ts';
import { createRead } from './postgres-read.ts';
import { createRelease } from './postgres-release.ts';
import { createReplay } from './postgres-replay.ts';
import type { PostgresSession } from './postgres-session.ts';
import { createSettle } from './postgres-settle.ts';
import { createSnapshots } from './postgres-snapshot.ts';
import { createStoredFiles } from './postgres-stored-file.ts';
import { createPutListeners } from './put-listeners.ts';

/** The inbox in an opened PostgreSQL database; it owns the session from now on and closes it. */
export function createPostgresInbox(session: PostgresSession): Inbox {
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
      await session.close();
    },
  };
}
