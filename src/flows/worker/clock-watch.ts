import type { Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';

/** What time synchronisation corrects without anybody noticing, milliseconds. */
const toleranceMs = 1_000;

export type ClockWatchDeps = {
  inbox: Pick<Inbox, 'shiftWaits'>;
  now: () => Date;
  log: Pick<Log, 'warn'>;
};

export type ClockWatch = {
  /**
   * For the holder of the lease.
   *
   * @throws BridgeError INBOX_*, and then notices it again at the next call
   */
  look(): Promise<void>;
  /** For everybody else. */
  skip(): void;
};

/**
 * Notices between two calls that the clock was set back. Entries wait until an instant of that clock, and would
 * wait that much longer: an hour's error put right would hold up for an hour what should have been tried again
 * in five seconds. Waits must be brought nearer once, whoever looks.
 */
export function createClockWatch({ inbox, now, log }: ClockWatchDeps): ClockWatch {
  let latest = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  async function lookOnce(): Promise<void> {
    const at = now().getTime();
    const setBackMs = latest - at;
    if (setBackMs > toleranceMs) {
      await inbox.shiftWaits(setBackMs);
      log.warn({ setBackMs }, 'clock was set back');
    }
    latest = at;
  }

  return {
    look() {
      looking ??= lookOnce().finally(() => {
        looking = undefined;
      });
      return looking;
    },
    skip() {
      latest = now().getTime();
    },
  };
}
