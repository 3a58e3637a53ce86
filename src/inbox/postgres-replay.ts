import { replayInstruction } from './replay-instruction.ts';
import type { EntryChange, EntryState, Inbox } from './inbox.ts';
import type { PostgresSession, RunStatement } from './postgres-session.ts';
import { changeEntries } from './postgres-transition.ts';

export type Standing = { state: EntryState; isErased: boolean };

/** What an operator may do with an entry, whatever it is at: `replay` and `discard` of the contract. */
export function createReplay(session: PostgresSession): Pick<Inbox, 'replay' | 'discard'> {
  return {
    replay: (ids, now, target) =>
      session.inTransaction(async (run) => {
        const standings = await findStandings(run, ids);
        const changes = changeEach(ids, standings, 'received', ({ state, isErased }) =>
          state === 'claimed' ? 'claimed' : isErased ? 'erased' : 'done',
        );
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
        const changes = changeEach(ids, standings, 'settled', ({ state }) =>
          state === 'claimed' || state === 'settled' ? state : 'done',
        );
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
  return new Map(
    rows.map((row) => [
      row['id'] as number,
      { state: row['state'] as EntryState, isErased: row['is_erased'] as boolean },
    ]),
  );
}

/**
 * What becomes of each entry. The ids may repeat: who comes second finds what the first has left.
 *
 * @param changedTo the state of those that are changed
 */
export function changeEach(
  ids: readonly number[],
  standings: ReadonlyMap<number, Standing>,
  changedTo: EntryState,
  judge: (standing: Standing, isChanged: boolean) => EntryChange,
): EntryChange[] {
  const changed = new Set<number>();
  return ids.map((id) => {
    const standing = standings.get(id);
    if (standing === undefined) return 'unknown';
    const isChanged = changed.has(id);
    const change = judge(isChanged ? { ...standing, state: changedTo } : standing, isChanged);
    if (change === 'done') changed.add(id);
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
