import { setImmediate as nextTurn } from 'node:timers/promises';
import { roundLimits } from './admission.ts';
import type { Direction, Entry, Inbox } from './inbox.ts';
import { admitRequests } from './postgres-admit.ts';
import { maxClaimedBytes, releasesUntilAlone } from './claim-limits.ts';
import { entryOf } from './entry-row.ts';
import { selectEntry } from './postgres-row.ts';
import type { PostgresRow, PostgresSession, RunStatement } from './postgres-session.ts';
import { changeEntries } from './postgres-transition.ts';

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
