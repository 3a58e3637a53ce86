import type { Inbox } from './inbox.ts';
import { deleteEntries, eraseContents } from './postgres-contents.ts';
import { doneOf, findStandings, judge, settleUnclaimed } from './postgres-replay.ts';
import type { PostgresSession, RunStatement } from './postgres-session.ts';
import { changeEntries } from './postgres-transition.ts';

/** What takes mail out of the database for good: `erase` and `retain` of the contract. */
export function createErase(session: PostgresSession): Pick<Inbox, 'erase' | 'retain'> {
  return {
    erase: (ids, now) =>
      session.inTransaction(async (run) => {
        const standings = await findStandings(run, ids);
        const changes = judge(ids, standings, ({ state, isErased }) =>
          state === 'claimed' ? 'claimed' : isErased ? 'erased' : 'done',
        );
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

/** The first to be settled. One that somebody is changing at this moment is left to the next step. */
async function settledIds(
  run: RunStatement,
  isErased: boolean,
  before: Date,
  limit: number,
): Promise<number[]> {
  const rows = await run(
    `SELECT id FROM entry WHERE is_erased = $1 AND settled_at < $2
     ORDER BY settled_at LIMIT $3 FOR UPDATE SKIP LOCKED`,
    [isErased, before.getTime(), limit],
  );
  return rows.map((row) => row['id'] as number);
}
