import { randomUUID } from 'node:crypto';
import type { Inbox } from '../inbox.ts';
import { createPutListeners } from '../put-queue.ts';
import { claimOperations } from './claim.ts';
import { leaseOperations, snapshotOperations } from './memory.ts';
import { eraseOperations, replayOperations } from './operator.ts';
import { putOperations } from './put.ts';
import { readOperations } from './read.ts';
import { releaseOperations } from './release.ts';
import type { Session } from './session.ts';
import { fileOperations } from './stored-file.ts';

/** The inbox on an opened SQLite file. It owns the session from now on, and closes it. */
export function createInbox(session: Session): Inbox {
  const { onPut, notify } = createPutListeners();
  const inboxId = randomUUID();
  const { put, drain } = putOperations(session, notify);
  return {
    put,
    ...claimOperations(session, inboxId),
    ...releaseOperations(session, inboxId),
    ...replayOperations(session),
    ...eraseOperations(session),
    ...readOperations(session),
    ...leaseOperations(session),
    ...fileOperations(session),
    ...snapshotOperations(session),
    onPut,
    async close() {
      await drain();
      session.close();
    },
  };
}
