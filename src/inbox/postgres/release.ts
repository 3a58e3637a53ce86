import { codeNote, releasedNote } from '../entry-note.ts';
import type { Inbox } from '../inbox.ts';
import { crashesWorker, mostReleases } from '../limits.ts';
import type { Session, SqlRow } from './session.ts';

/** A million at once would take longer than a statement may. */
const shiftedAtOnce = 20_000;

/**
 * `releaseClaimed` and `shiftWaits` of the contract.
 *
 * @param inboxId names this opened inbox, which is still alive: releasing its own claims counts as no crash; a UUID
 */
export function releaseOperations(
  session: Session,
  inboxId: string,
): Pick<Inbox, 'releaseClaimed' | 'shiftWaits'> {
  return {
    async releaseClaimed(kinds, now) {
      const rows = await session.write(
        `WITH claimed AS (
           SELECT id, releases + (claimed_by <> $2)::integer AS releases FROM entry
           WHERE state = 'claimed' AND direction = ANY($7::text[])
           ORDER BY id FOR UPDATE
         ), changed AS (
           UPDATE entry SET claimed_by = NULL, releases = claimed.releases, outcome = NULL,
             state = CASE WHEN claimed.releases >= $3 THEN 'parked'
               WHEN waits + attempts = 0 THEN 'received' ELSE 'waiting' END,
             code = CASE WHEN claimed.releases >= $3 THEN $4 END,
             due_at = CASE WHEN claimed.releases >= $3 THEN NULL ELSE least(received_at, $1) END
           FROM claimed WHERE entry.id = claimed.id
           RETURNING entry.id, state, outcome, code
         ), noted AS (
           INSERT INTO transition (entry_id, at, state, outcome, code, reason)
           SELECT id, $1, state, outcome, code, CASE state WHEN 'parked' THEN $5 ELSE $6 END FROM changed
         )
         SELECT state FROM changed`,
        [
          now.getTime(),
          inboxId,
          mostReleases,
          crashesWorker.code,
          codeNote(crashesWorker).reason,
          releasedNote.reason,
          kinds,
        ],
      );
      const parked = rows.filter((row) => row['state'] === 'parked').length;
      return { released: rows.length - parked, parked };
    },

    // Received ones too: their instant may come from before the clock was set back.
    async shiftWaits(byMs) {
      await session.inTransaction(async (run) => {
        for (let last: number | null = 0; last !== null;) {
          const [row]: SqlRow[] = await run(
            `WITH next AS (
               SELECT id FROM entry WHERE due_at IS NOT NULL AND id > $2 ORDER BY id LIMIT $3
             ), moved AS (
               UPDATE entry SET due_at = due_at - $1 FROM next WHERE entry.id = next.id AND due_at IS NOT NULL
               RETURNING entry.id
             )
             SELECT max(id) AS last FROM moved`,
            [byMs, last, shiftedAtOnce],
          );
          last = row?.['last'] as number | null;
        }
      });
    },
  };
}
