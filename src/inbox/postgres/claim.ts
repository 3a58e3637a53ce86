import { setImmediate as nextTurn } from 'node:timers/promises';
import { roundLimits } from '../admission.ts';
import { outcomeReason, requireAllChanged } from '../entry-lifecycle.ts';
import { entryOf } from '../entry-row.ts';
import type { Direction, Entry, Inbox } from '../inbox.ts';
import { maxClaimedBytes, releasesUntilAlone, crashesWorker, mostReleases } from '../limits.ts';
import { admitRequests } from './admit.ts';
import { selectEntry } from './row.ts';
import type { PostgresRow, PostgresSession, RunStatement, PostgresValue } from './session.ts';
import { changeEntries } from './transition.ts';

/**
 * `claim` of the contract: rounds of "admit, then hand out", each one transaction, until something is handed
 * out or nothing is left to admit. Without the rounds a pile of new requests of other directions would make
 * the inbox look empty to a worker that then goes to sleep.
 *
 * @param inboxId names this opened inbox; a UUID
 */
export function createClaim(session: PostgresSession, inboxId: string): Inbox['claim'] {
  return async ({ directions, limit, now, describe }) => {
    for (;;) {
      const round = await session.inTransaction(async (run) => ({
        admitted: await admitRequests(run, now.getTime(), describe, requestsToAdmit(limit)),
        entries: await handOut(run, inboxId, { directions, limit, nowMs: now.getTime() }),
      }));
      if (round.entries.length > 0 || round.admitted === 0) return round.entries;
      await nextTurn();
    }
  };
}

/** About as many as are handed out, so that a backlog drains as fast at its beginning as at its end. */
function requestsToAdmit(limit: number): number {
  return limit === 0 ? roundLimits.requests : Math.max(limit, 100);
}

async function handOut(
  run: RunStatement,
  inboxId: string,
  due: { directions: readonly Direction[]; limit: number; nowMs: number },
): Promise<Entry[]> {
  const ids = chooseBatch(await findDue(run, due));
  if (ids.length === 0) return [];
  const update = {
    set: `state = 'claimed', due_at = NULL, claimed_by = $3`,
    where: 'id = ANY($4::bigint[])',
    parameters: [inboxId, ids],
  };
  await changeEntries(run, update, due.nowMs, 'claimed');
  const rows = await run(`${selectEntry} WHERE entry.id = ANY($1::bigint[])`, [ids]);
  const entries = new Map(rows.map((row) => [row['id'] as number, entryOf(row)]));
  return ids.map((id) => entries.get(id) as Entry);
}

/**
 * One look-up per direction, because only then the index yields the order and nothing needs sorting. Entries
 * that somebody is changing at this moment are passed over.
 */
async function findDue(
  run: RunStatement,
  { directions, limit, nowMs }: { directions: readonly Direction[]; limit: number; nowMs: number },
): Promise<PostgresRow[]> {
  if (limit <= 0 || directions.length === 0) return [];
  return run(
    `SELECT due.id, releases, coalesce(octet_length(element.body), octet_length(request.body), 0) AS bytes
     FROM unnest($1::text[]) AS wanted (direction)
       CROSS JOIN LATERAL (
         SELECT id, request_id, due_at, releases FROM entry
         WHERE entry.direction = wanted.direction AND due_at <= $2
         ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
       ) AS due
       JOIN request ON request.id = due.request_id
       LEFT JOIN element ON element.entry_id = due.id
     ORDER BY due_at, due.id LIMIT $3`,
    [[...directions], nowMs, limit],
  );
}

function chooseBatch(due: readonly PostgresRow[]): number[] {
  const ids: number[] = [];
  let bytes = 0;
  for (const row of due) {
    const isAlone = (row['releases'] as number) >= releasesUntilAlone;
    if (isAlone && ids.length > 0) break;
    ids.push(row['id'] as number);
    bytes += row['bytes'] as number;
    if (isAlone || bytes >= maxClaimedBytes) break;
  }
  return ids;
}

/**
 * What ends or puts back a claim: `settle`, `wait` and `park` of the contract.
 *
 * @param inboxId names this opened inbox; a UUID
 */
export function createSettle(
  session: PostgresSession,
  inboxId: string,
): Pick<Inbox, 'settle' | 'wait' | 'park'> {
  /** The claimed ones are changed even when others are not claimed any more: their work was done. */
  async function changeClaimed(
    ids: readonly number[],
    change: { set: string; parameters: readonly PostgresValue[]; reason: string; now: Date },
  ): Promise<void> {
    const update = {
      set: `claimed_by = NULL, ${change.set}`,
      where: `state = 'claimed' AND claimed_by = $3 AND id = ANY($4::bigint[])`,
      parameters: [inboxId, ids, ...change.parameters],
    };
    const rows = await changeEntries(session.write, update, change.now.getTime(), change.reason);
    const changed = new Set(rows.map((row) => row['id']));
    requireAllChanged(ids, changed);
  }

  return {
    settle: (ids, outcome, now) =>
      changeClaimed(ids, {
        set: "state = 'settled', settled_at = $1",
        parameters: [],
        reason: outcomeReason(outcome),
        now,
      }),

    wait: (ids, { until, reason, counts, now }) =>
      changeClaimed(ids, {
        set: "state = 'waiting', due_at = $5, waits = waits + $6, attempts = attempts + $7",
        parameters: [until.getTime(), counts === 'wait' ? 1 : 0, counts === 'attempt' ? 1 : 0],
        reason,
        now,
      }),

    park: (ids, reason, now) => changeClaimed(ids, { set: "state = 'parked'", parameters: [], reason, now }),
  };
}

/** A million at once would take longer than a statement may. */
const shiftedAtOnce = 20_000;

/**
 * What gives back or brings nearer without a claim: `releaseClaimed` and `shiftWaits` of the contract.
 *
 * @param inboxId names this opened inbox: what it claimed itself has ended nobody; a UUID
 */
export function createRelease(
  session: PostgresSession,
  inboxId: string,
): Pick<Inbox, 'releaseClaimed' | 'shiftWaits'> {
  return {
    async releaseClaimed(directions, now) {
      const rows = await session.write(
        `WITH claimed AS (
           SELECT id, releases + (claimed_by <> $2)::integer AS releases FROM entry
           WHERE state = 'claimed' AND direction = ANY($5::text[])
           ORDER BY id FOR UPDATE
         ), changed AS (
           UPDATE entry SET claimed_by = NULL, releases = claimed.releases,
             state = CASE WHEN claimed.releases >= $3 THEN 'parked'
               WHEN waits + attempts = 0 THEN 'received' ELSE 'waiting' END,
             due_at = CASE WHEN claimed.releases >= $3 THEN NULL ELSE least(received_at, $1) END
           FROM claimed WHERE entry.id = claimed.id
           RETURNING entry.id, state
         ), noted AS (
           INSERT INTO transition (entry_id, at, state, reason)
           SELECT id, $1, state, CASE state WHEN 'parked' THEN $4 ELSE 'released' END FROM changed
         )
         SELECT state FROM changed`,
        [now.getTime(), inboxId, mostReleases, crashesWorker, directions],
      );
      const parked = rows.filter((row) => row['state'] === 'parked').length;
      return { released: rows.length - parked, parked };
    },

    // Received ones too: their instant may come from before the clock was set back.
    async shiftWaits(byMs) {
      await session.inTransaction(async (run) => {
        for (let last: number | null = 0; last !== null;) {
          const [row]: PostgresRow[] = await run(
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
