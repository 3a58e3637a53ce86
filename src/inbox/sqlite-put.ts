import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Inbox, NewRequest } from './inbox.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';

type WaitingPut = {
  request: NewRequest;
  resolve: (stored: { requestId: number }) => void;
  reject: (reason: unknown) => void;
};

const insertRequest =
  'INSERT INTO request (direction, webhook_id, secret_id, received_at, body) VALUES (?, ?, ?, ?, ?)';

/** A group of so many waits for no more. */
const fullGroup = 128;

/**
 * Appends requests in groups that share one fsync: what arrives while the previous commit is waiting for its
 * lock, and then for as long as every turn of the event loop brings more. One that comes alone waits for one
 * turn.
 *
 * @param onStored called once after each commit
 * @returns `put` of the contract, and `drain`, which resolves when no put is under way
 */
export function createPut(
  session: SqliteSession,
  onStored: () => void,
): { put: Inbox['put']; drain: () => Promise<void> } {
  let waiting: WaitingPut[] = [];
  let committing: Promise<void> | undefined;

  async function commitUntilNoneWaits(): Promise<void> {
    do {
      await gatherGroup();
      const group = waiting;
      waiting = [];
      await commit(group);
    } while (waiting.length > 0);
    committing = undefined;
  }

  async function gatherGroup(): Promise<void> {
    let gathered: number;
    do {
      gathered = waiting.length;
      await nextTurn();
    } while (waiting.length > gathered && waiting.length < fullGroup);
  }

  async function commit(group: readonly WaitingPut[]): Promise<void> {
    try {
      const ids = await inWriteTransaction(session, () => group.map(({ request }) => append(request)));
      group.forEach(({ resolve }, index) => resolve({ requestId: ids[index] as number }));
    } catch (error) {
      group.forEach(({ reject }) => reject(error));
      return;
    }
    onStored();
  }

  function append(request: NewRequest): number {
    const { direction, webhookId, secretId, receivedAt, body } = request;
    return session.run(insertRequest, [direction, webhookId, secretId, receivedAt.getTime(), body]).lastId;
  }

  return {
    put: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        committing ??= commitUntilNoneWaits();
      }),
    drain: async () => committing,
  };
}
