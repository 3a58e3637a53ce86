import type { Inbox } from './inbox.ts';

/** `onPut` of the contract, and what tells its listeners. */
export function createPutListeners(): { onPut: Inbox['onPut']; tell: () => void } {
  const listeners = new Set<() => void>();
  return {
    onPut(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    // Each listener in a microtask of its own: one that throws must not look like a put that failed.
    tell() {
      for (const listener of listeners) queueMicrotask(listener);
    },
  };
}
