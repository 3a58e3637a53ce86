import type { Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';

/** Time synchronisation makes corrections this small all the time, milliseconds. */
const toleranceMs = 1_000;

type ClockWatchDeps = {
  inbox: Pick<Inbox, 'shiftWaits'>;
  now: () => Date;
  log: Pick<Log, 'warn'>;
};

export type ClockWatch = {
  /**
   * Called by the holder of the lease: looks at the clock, and shifts waits when it was set back.
   *
   * @throws BridgeError INBOX_*; the next call tries again
   */
  look(): Promise<void>;
  /** Called by processes without the lease: only remembers the time. */
  skip(): void;
};

/**
 * Notices between two calls that the clock was set back. Entries wait until an instant of that clock, so they would
 * wait that much longer: when an error of one hour is corrected, a retry due in five seconds would be due in an hour.
 * Several lanes may look at the same time, but waits must be shifted only once.
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
