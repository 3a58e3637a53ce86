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

/**
 * Appends requests in groups: what arrives within one turn of the event loop, or while the previous commit
 * is still waiting for its lock, is committed together, so that many requests share one fsync.
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
      await nextTurn();
      const group = waiting;
      waiting = [];
      await commit(group);
    } while (waiting.length > 0);
    committing = undefined;
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
