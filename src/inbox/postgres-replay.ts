import { judgeDiscard, judgeReplayOrErase } from './entry-change.ts';
import { standingOf, type Standing } from './entry-row.ts';
import type { EntryChange, Inbox } from './inbox.ts';
import type { PostgresSession, RunStatement } from './postgres-session.ts';
import { changeEntries } from './postgres-transition.ts';
import { replayInstruction } from './replay-instruction.ts';

/** What an operator may do with an entry, whatever it is at: `replay` and `discard` of the contract. */
export function createReplay(session: PostgresSession): Pick<Inbox, 'replay' | 'discard'> {
  return {
    replay: (ids, now, target) =>
      session.inTransaction(async (run) => {
        const standings = await findStandings(run, ids);
        const changes = changeEach(ids, standings, { state: 'received' }, judgeReplayOrErase);
        const set =
          "state = 'received', due_at = $1, settled_at = NULL, attempts = 0, waits = 0, releases = 0, " +
          'instruction = $2';
        const update = { set, where: 'id = ANY($3::bigint[])', parameters: [doneOf(ids, changes)] };
        await changeEntries(run, update, now.getTime(), replayInstruction(target));
        return changes;
      }),

    discard: (ids, reason, now) =>
      session.inTransaction(async (run) => {
        const standings = await findStandings(run, ids);
        const changes = changeEach(ids, standings, { state: 'settled' }, judgeDiscard);
        await settleUnclaimed(run, doneOf(ids, changes), `discarded: ${reason}`, now);
        return changes;
      }),
  };
}

/** What the entries are at, which nobody else changes until the transaction ends. */
export async function findStandings(
  run: RunStatement,
  ids: readonly number[],
): Promise<Map<number, Standing>> {
  const rows = await run(
    'SELECT id, state, is_erased FROM entry WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE',
    [ids],
  );
  return new Map(rows.map((row) => [row['id'] as number, standingOf(row)]));
}

/**
 * What becomes of each entry. The ids may repeat: who comes second finds what the first has left.
 *
 * @param changedTo what those that are changed are at afterwards
 */
export function changeEach(
  ids: readonly number[],
  standings: ReadonlyMap<number, Standing>,
  changedTo: Partial<Standing>,
  judge: (standing: Standing | undefined) => EntryChange,
): EntryChange[] {
  const latest = new Map(standings);
  return ids.map((id) => {
    const standing = latest.get(id);
    const change = judge(standing);
    if (standing !== undefined && change === 'done') latest.set(id, { ...standing, ...changedTo });
    return change;
  });
}

export function doneOf(ids: readonly number[], changes: readonly EntryChange[]): number[] {
  return ids.filter((_, index) => changes[index] === 'done');
}

/** Ends entries that nobody has claimed. */
export async function settleUnclaimed(
  run: RunStatement,
  ids: readonly number[],
  reason: string,
  now: Date,
): Promise<void> {
  const set = `state = 'settled', due_at = NULL, settled_at = $1`;
  const update = { set, where: 'id = ANY($3::bigint[])', parameters: [ids] };
  await changeEntries(run, update, now.getTime(), reason);
}
