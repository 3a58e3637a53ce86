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
  /** What it takes; entries of other kinds stay as they are. */
  lanes: readonly Lane[];
  settings: Pick<SettingsKeeper, 'current' | 'refresh'>;
  describe: DescribeBody;
  retain: RetentionDeps['retain'];
  /** Names this process in the lease. */
  holder: string;
  now: () => Date;
  random: () => number;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Log;
};

export type Worker = {
  start(): void;
  /** Claims nothing more; resolves when the running batches are finished and the lease given back. */
  stop(): Promise<void>;
  contact(): OdooContact;
};

/**
 * Moves entries from the inbox to Odoo while this process holds the lease: only its holder writes to Odoo. The
 * lanes work beside each other, under the same lease and with the same knowledge of Odoo's state.
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
    failures: createTurnFailures(deps.log),
    stopping: stopping.signal,
  };
  const takeRetentionStep = createRetention(deps);
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    const finished = new AbortController();
    const keeping = lease.keep(finished.signal);
    try {
      // Retention goes with the first one: two steps at once would be twice as long for intake to wait.
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
