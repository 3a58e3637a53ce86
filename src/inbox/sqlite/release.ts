import { codeNote, releasedNote } from '../entry-note.ts';
import type { Inbox } from '../inbox.ts';
import { crashesWorker, mostReleases } from '../limits.ts';
import type { Session } from './session.ts';
import { inWriteTransaction } from './transaction.ts';
import { changeEntries } from './transition.ts';

const isClaimedOf = "state = 'claimed' AND direction IN (SELECT value FROM json_each(?))";

/**
 * `releaseClaimed` and `shiftWaits` of the contract.
 *
 * @param inboxId names this opened inbox, which is still alive: releasing its own claims counts as no crash
 */
export function releaseOperations(
  session: Session,
  inboxId: string,
): Pick<Inbox, 'releaseClaimed' | 'shiftWaits'> {
  /** Must run inside a write transaction. */
  function parkSuspects(kinds: string, now: Date): number {
    const update = {
      set: "state = 'parked', claimed_by = NULL",
      where: `${isClaimedOf} AND releases >= ?`,
      parameters: [kinds, mostReleases],
    };
    return changeEntries(session, update, now.getTime(), codeNote(crashesWorker)).length;
  }

  /** Must run inside a write transaction. */
  function giveBackRest(kinds: string, now: Date): number {
    const update = {
      set: `state = iif(waits + attempts = 0, 'received', 'waiting'), claimed_by = NULL,
         due_at = min(received_at, ?)`,
      where: isClaimedOf,
      parameters: [now.getTime(), kinds],
    };
    return changeEntries(session, update, now.getTime(), releasedNote).length;
  }

  return {
    releaseClaimed: (ofKinds, now) =>
      inWriteTransaction(session, () => {
        const kinds = JSON.stringify(ofKinds);
        session.run(`UPDATE entry SET releases = releases + 1 WHERE ${isClaimedOf} AND claimed_by IS NOT ?`, [
          kinds,
          inboxId,
        ]);
        return { parked: parkSuspects(kinds, now), released: giveBackRest(kinds, now) };
      }),

    // Received ones too: their instant may come from before the clock was set back.
    shiftWaits: (byMs) =>
      inWriteTransaction(session, () => {
        session.run('UPDATE entry SET due_at = due_at - ? WHERE due_at IS NOT NULL', [byMs]);
      }),
  };
}
