import { judgeReplayOrErase } from './entry-change.ts';
import type { Inbox } from './inbox.ts';
import { deleteEntries, eraseContents } from './postgres-contents.ts';
import { changeEach, doneOf, findStandings, settleUnclaimed } from './postgres-replay.ts';
import type { PostgresSession, RunStatement } from './postgres-session.ts';
import { changeEntries } from './postgres-transition.ts';
import { takeErasable } from './retention-step.ts';

/** What takes mail out of the database for good: `erase` and `retain` of the contract. */
export function createErase(session: PostgresSession): Pick<Inbox, 'erase' | 'retain'> {
  return {
    erase: (ids, now) =>
      session.inTransaction(async (run) => {
        const standings = await findStandings(run, ids);
        const changes = changeEach(ids, standings, { state: 'settled', isErased: true }, judgeReplayOrErase);
        const done = doneOf(ids, changes);
        const hasEnded = (id: number) => standings.get(id)?.state === 'settled';
        await settleUnclaimed(
          run,
          done.filter((id) => !hasEnded(id)),
          'discarded: erased',
          now,
        );
        const ended = {
          set: 'is_erased = true',
          where: 'id = ANY($3::bigint[])',
          parameters: [done.filter(hasEnded)],
        };
        await changeEntries(run, ended, now.getTime(), 'erased');
        await eraseContents(run, done);
        return changes;
      }),

    retain: ({ bodiesSettledBefore, entriesSettledBefore, limit }) =>
      session.inTransaction(async (run) => {
        const ended = [
          ...(await settledIds(run, true, entriesSettledBefore, limit)),
          ...(await settledIds(run, false, entriesSettledBefore, limit)),
        ].slice(0, limit);
        await deleteEntries(run, ended);
        const bodies = await settledIds(run, false, bodiesSettledBefore, limit);
        await eraseContents(run, bodies);
        return { bodies: bodies.length, entries: ended.length };
      }),
  };
}

/**
 * The first to be settled, as many as may be erased in one step. One that somebody is changing at this moment
 * is left to the next step.
 */
async function settledIds(
  run: RunStatement,
  isErased: boolean,
  before: Date,
  limit: number,
): Promise<number[]> {
  const rows = await run(
    `SELECT entry.id, coalesce(octet_length(request.body), 0) + coalesce(octet_length(element.body), 0)
       + coalesce((SELECT sum(size_bytes) FROM file WHERE file.entry_id = entry.id), 0)::bigint AS bytes
     FROM entry JOIN request ON request.id = request_id LEFT JOIN element ON element.entry_id = entry.id
     WHERE is_erased = $1 AND settled_at < $2
     ORDER BY settled_at LIMIT $3 FOR UPDATE OF entry SKIP LOCKED`,
    [isErased, before.getTime(), limit],
  );
  return takeErasable(rows);
}
