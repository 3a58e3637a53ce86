import type { Inbox, NewRequest } from '../inbox.ts';
import { createPutQueue } from '../put-queue.ts';
import type { Session } from './session.ts';
import { inWriteTransaction } from './transaction.ts';

const insertRequest =
  'INSERT INTO request (direction, webhook_id, secret_id, received_at, body) VALUES (?, ?, ?, ?, ?)';

/** A group of this size waits for no more requests: SQLite stores it in the event loop. */
const fullGroup = 128;

/**
 * Appends requests in groups that share one fsync. A group grows as long as every turn of the event loop brings more.
 *
 * @param onStored called once after each commit
 * @returns `put` of the contract, and `drain`, which resolves when no put is under way
 */
export function putOperations(
  session: Session,
  onStored: () => void,
): { put: Inbox['put']; drain: () => Promise<void> } {
  function append(request: NewRequest): number {
    const { kind, requestKey, secretId, receivedAt, body } = request;
    return session.run(insertRequest, [kind, requestKey, secretId, receivedAt.getTime(), body]).lastId;
  }

  return createPutQueue({
    gatherUpTo: fullGroup,
    countFitting: (requests) => requests.length,
    store: (requests) => inWriteTransaction(session, () => requests.map(append)),
    onStored,
  });
}
