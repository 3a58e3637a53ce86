import type { Inbox } from '../../../src/inbox/inbox.ts';

/** The snapshots of an inbox, as several replicas share them. */
export type SnapshotStore = Pick<Inbox, 'saveSnapshot' | 'findSnapshot'> & {
  saves: number;
  /** Thrown by both methods while it is set. */
  failure: Error | undefined;
};

export function createSnapshotStore(): SnapshotStore {
  const kept = new Map<string, { bytes: Uint8Array; savedAt: Date }>();
  const store: SnapshotStore = {
    saves: 0,
    failure: undefined,
    async saveSnapshot(name, bytes, savedAt) {
      if (store.failure !== undefined) throw store.failure;
      store.saves += 1;
      kept.set(name, { bytes: Uint8Array.from(bytes), savedAt });
    },
    async findSnapshot(name) {
      if (store.failure !== undefined) throw store.failure;
      return kept.get(name);
    },
  };
  return store;
}
