import { replayInstruction } from './replay-instruction.ts';
import type { EntryChange, EntryState, Inbox } from './inbox.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';
import { recordTransition } from './sqlite-transition.ts';

/** What an operator may do with an entry, whatever it is at: `replay` and `discard` of the contract. */
export function createReplay(session: SqliteSession): Pick<Inbox, 'replay' | 'discard'> {
  return {
    replay: (ids, now, target) =>
      inWriteTransaction(session, () =>
        ids.map((id): EntryChange => {
          const found = findStanding(session, id);
          if (found === undefined) return 'unknown';
          if (found.state === 'claimed') return 'claimed';
          if (found.isErased) return 'erased';
          const instruction = replayInstruction(target);
          session.run(
            `UPDATE entry SET state = 'received', due_at = ?, settled_at = NULL,
               attempts = 0, waits = 0, releases = 0, instruction = ?
             WHERE id = ?`,
            [now.getTime(), instruction, id],
          );
          recordTransition(session, id, now.getTime(), 'received', instruction);
          return 'done';
        }),
      ),

    discard: (ids, reason, now) =>
      inWriteTransaction(session, () =>
        ids.map((id): EntryChange => {
          const state = findStanding(session, id)?.state;
          if (state === undefined) return 'unknown';
          if (state === 'claimed' || state === 'settled') return state;
          settleUnclaimed(session, id, `discarded: ${reason}`, now);
          return 'done';
        }),
      ),
  };
}

/** Must run inside a write transaction. */
export function findStanding(
  session: SqliteSession,
  id: number,
): { state: EntryState; isErased: boolean } | undefined {
  const row = session.first('SELECT state, is_erased FROM entry WHERE id = ?', [id]);
  return row && { state: row['state'] as EntryState, isErased: row['is_erased'] === 1 };
}

/** Ends an entry that nobody has claimed. Must run inside a write transaction. */
export function settleUnclaimed(session: SqliteSession, id: number, reason: string, now: Date): void {
  session.run("UPDATE entry SET state = 'settled', due_at = NULL, settled_at = ? WHERE id = ?", [
    now.getTime(),
    id,
  ]);
  recordTransition(session, id, now.getTime(), 'settled', reason);
}
