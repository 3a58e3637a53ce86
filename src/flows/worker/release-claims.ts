import type { ErrorCode } from '../../errors.ts';
import type { EntryKind, Inbox } from '../../inbox/inbox.ts';
import type { Log } from '../../log.ts';

/** A claim can also be written after its worker has lost the lease, and that worker end at once. */
const everyMs = 60_000;

export type ReleaseClaimsDeps = {
  inbox: Pick<Inbox, 'releaseClaimed'>;
  now: () => Date;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
};

/**
 * Gives back what was claimed and never ended: only the holder of the lease claims, so while it has no batch of
 * these kinds under way whatever is claimed was left behind. Entries that ended several processes are
 * parked by that.
 *
 * @returns to be called by the holder between two batches: looks at once with `isNeeded`, else every minute
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
      log.warn({ kinds, released }, 'entries given back that another process had left');
    }
    if (parked > 0) {
      log.error(
        { code: 'INBOX_CRASHES_WORKER' satisfies ErrorCode, parked },
        'entries parked: the process ended each time it worked on them',
      );
    }
  };
}
