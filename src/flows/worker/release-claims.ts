import type { ErrorCode } from '../../errors.ts';
import type { EntryKind, Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';

/** Regularly, because a worker may still write a claim after it lost the lease, and then crash. */
const everyMs = 60_000;

type ReleaseClaimsDeps = {
  inbox: Pick<Inbox, 'releaseClaimed'>;
  now: () => Date;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
};

/**
 * Releases claims that were left behind. Only the holder of the lease claims: while it has no batch of these
 * kinds, every claim belongs to a process that crashed or lost the lease. Entries that crashed several processes
 * are parked.
 *
 * @returns a function for the holder to call between two batches: it checks at once with `isNeeded`, else every minute
 * @throws BridgeError INBOX_*
 */
export function createClaimRelease(
  { inbox, now, log }: ReleaseClaimsDeps,
  kinds: readonly EntryKind[],
): (isNeeded: boolean) => Promise<void> {
  let lookedAt: number | undefined;
  return async (isNeeded) => {
    const at = now();
    const sinceMs = lookedAt === undefined ? everyMs : Math.abs(at.getTime() - lookedAt);
    if (!isNeeded && sinceMs < everyMs) return;
    const { released, parked } = await inbox.releaseClaimed(kinds, at);
    lookedAt = at.getTime();
    if (isNeeded) log.info({ kinds, released }, 'worker holds the lease');
    else if (released > 0) {
      log.warn({ kinds, released }, 'released entries that another process had left claimed');
    }
    if (parked > 0) {
      log.error(
        { code: 'INBOX_CRASHES_WORKER' satisfies ErrorCode, parked },
        'entries parked: the process crashed each time it worked on them',
      );
    }
  };
}
