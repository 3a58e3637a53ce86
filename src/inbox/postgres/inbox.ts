import { randomUUID } from 'node:crypto';
import type { Inbox } from '../inbox.ts';
import { createPutListeners } from '../put-queue.ts';
import { createClaim, createRelease, createSettle } from './claim.ts';
import { createLease, createSnapshots } from './memory.ts';
import { createErase, createReplay } from './operator.ts';
import { createPut } from './put.ts';
import { createRead } from './read.ts';
import type { PostgresSession } from './session.ts';
import { createStoredFiles } from './stored-file.ts';

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
