import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Inbox, NewRequest } from './inbox.ts';

type WaitingPut = {
  request: NewRequest;
  resolve: (stored: { requestId: number }) => void;
  reject: (reason: unknown) => void;
};

/** How an engine stores groups of requests. */
type PutEngine = {
  /** While turns of the event loop bring more requests, wait for another turn, up to this many requests; 1 never waits. */
  gatherUpTo: number;
  /** How many of the waiting requests, from the first on, share the next commit; at least one. */
  countFitting(requests: readonly NewRequest[]): number;
  /** Stores all or none, durably. Resolves with the ids in order. */
  store(requests: readonly NewRequest[]): Promise<readonly number[]>;
  /** Called once after each commit. */
  onStored(): void;
};

/**
 * Appends requests in groups that share one commit, one group after the other. A group holds the requests that arrive
 * during the previous commit, and in the turns of the event loop that the queue waits for. A single request waits for
 * one turn.
 *
 * @returns `put` of the contract, and `drain`, which resolves when no put is under way
 */
export function createPutQueue(engine: PutEngine): { put: Inbox['put']; drain: () => Promise<void> } {
  let waiting: WaitingPut[] = [];
  let committing: Promise<void> | undefined;

  async function commitUntilNoneWaits(): Promise<void> {
    do {
      await gatherGroup();
      const group = waiting.slice(0, engine.countFitting(waiting.map(({ request }) => request)));
      waiting = waiting.slice(group.length);
      await commit(group);
    } while (waiting.length > 0);
    committing = undefined;
  }

  async function gatherGroup(): Promise<void> {
    let gathered: number;
    do {
      gathered = waiting.length;
      await nextTurn();
    } while (waiting.length > gathered && waiting.length < engine.gatherUpTo);
  }

  async function commit(group: readonly WaitingPut[]): Promise<void> {
    try {
      const ids = await engine.store(group.map(({ request }) => request));
      group.forEach(({ resolve }, index) => resolve({ requestId: ids[index] as number }));
    } catch (error) {
      group.forEach(({ reject }) => reject(error));
      return;
    }
    engine.onStored();
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

/** `onPut` of the contract, and the function that notifies its listeners. */
export function createPutListeners(): { onPut: Inbox['onPut']; notify: () => void } {
  const listeners = new Set<() => void>();
  return {
    onPut(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    // Each listener in a microtask of its own: one that throws must not look like a put that failed.
    notify() {
      for (const listener of listeners) queueMicrotask(listener);
    },
  };
}
