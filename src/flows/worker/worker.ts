import type { DescribeBody, Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';
import type { SettingsKeeper } from '../settings/settings-keeper.ts';
import { createClockWatch } from './clock-watch.ts';
import { drainLane } from './drain-lane.ts';
import type { Lane } from './lane.ts';
import { createOdooContact } from './odoo-contact.ts';
import type { OdooContact } from './odoo-contact.ts';
import { createRetention } from './retention.ts';
import type { RetentionDeps } from './retention.ts';
import { createTurnFailures } from './turn-failures.ts';
import { createWorkerLease } from './worker-lease.ts';

export type WorkerDeps = {
  inbox: Inbox;
  /** Entries that belong to none of these lanes stay untouched. */
  lanes: readonly Lane[];
  settings: Pick<SettingsKeeper, 'current' | 'refresh'>;
  describe: DescribeBody;
  retain: RetentionDeps['retain'];
  /** The name of this process in the lease. */
  holder: string;
  now: () => Date;
  random: () => number;
  /** Resolves after this many milliseconds, or at once when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Log;
};

export type Worker = {
  start(): void;
  /** Stops claiming; resolves when the running batches are finished and the lease is released. */
  stop(): Promise<void>;
  contact(): OdooContact;
};

/**
 * Moves entries from the inbox to Odoo while this process holds the lease. Only its holder changes mails and posts
 * replies in Odoo; activities may be written without it. The lanes run side by side; they share the lease and the
 * knowledge of Odoo's state.
 */
export function createWorker(deps: WorkerDeps): Worker {
  const stopping = new AbortController();
  const lease = createWorkerLease(deps);
  const contact = createOdooContact(deps);
  const shared = {
    ...deps,
    lease,
    contact,
    clock: createClockWatch(deps),
    failures: createTurnFailures(deps),
    stopping: stopping.signal,
  };
  const takeRetentionStep = createRetention(deps);
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    const finished = new AbortController();
    const keeping = lease.keep(finished.signal);
    try {
      // Retention runs in the first lane only: with two steps at once, a webhook would wait twice as long.
      const draining = deps.lanes.map((lane, index) =>
        drainLane(lane, { ...shared, afterTurn: index === 0 ? takeRetentionStep : async () => undefined }),
      );
      await Promise.all(draining);
    } finally {
      finished.abort();
      await keeping;
      await lease.release();
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    contact: () => contact.current(),
  };
}
