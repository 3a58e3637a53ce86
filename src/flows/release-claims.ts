import type { Direction, Inbox } from '../inbox/inbox.ts';
import type { WorkerLog } from './worker-log.ts';

export type ReleaseClaimsDeps = {
  inbox: Pick<Inbox, 'releaseClaimed'>;
  now: () => Date;
  log: Pick<WorkerLog, 'info' | 'error'>;
};

/**
 * Gives back what was claimed and never ended: only the holder of the lease claims, so while it has no batch of
 * these directions under way whatever is claimed was left behind. Entries that ended several processes are
 * parked by that.
 *
 * @throws BridgeError INBOX_*
 */
export async function releaseClaims(
  { inbox, now, log }: ReleaseClaimsDeps,
  directions: readonly Direction[],
): Promise<void> {
  const { released, parked } = await inbox.releaseClaimed(directions, now());
  log.info({ directions, released }, 'worker holds the lease');
  if (parked > 0) {
    log.error(
      { code: 'INBOX_ENDS_WORKER', parked },
      'entries parked: the process ended each time it worked on them',
    );
  }
}
