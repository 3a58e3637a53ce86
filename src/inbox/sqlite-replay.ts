import { judgeDiscard, judgeReplayOrErase } from './entry-change.ts';
import { standingOf, type Standing } from './entry-row.ts';
import type { EntryChange, Inbox } from './inbox.ts';
import { replayInstruction } from './replay-instruction.ts';
import type { SqliteSession } from './sqlite-session.ts';
import { inWriteTransaction } from './sqlite-transaction.ts';
import { recordTransition } from './sqlite-transition.ts';

/** What an operator may do with an entry, whatever it is at: `replay` and `discard` of the contract. */
export function createReplay(session: SqliteSession): Pick<Inbox, 'replay' | 'discard'> {
  return {
    replay: (ids, now, target) =>
      inWriteTransaction(session, () =>
        ids.map((id): EntryChange => {
          const change = judgeReplayOrErase(findStanding(session, id));
          if (change !== 'done') return change;
          const instruction = replayInstruction(target);
          session.run(
            `UPDATE entry SET state = 'received', due_at = ?, settled_at = NULL,
               attempts = 0, waits = 0, releases = 0, instruction = ?
             WHERE id = ?`,
            [now.getTime(), instruction, id],
          );
          recordTransition(session, id, now.getTime(), 'received', instruction);
          return change;
        }),
      ),

    discard: (ids, reason, now) =>
      inWriteTransaction(session, () =>
        ids.map((id): EntryChange => {
          const change = judgeDiscard(findStanding(session, id));
          if (change === 'done') settleUnclaimed(session, id, `discarded: ${reason}`, now);
          return change;
        }),
      ),
  };
}

/** Must run inside a write transaction. */
export function findStanding(session: SqliteSession, id: number): Standing | undefined {
  const row = session.first('SELECT state, is_erased FROM entry WHERE id = ?', [id]);
  return row && standingOf(row);
}

/** Ends an entry that nobody has claimed. Must run inside a write transaction. */
export function settleUnclaimed(session: SqliteSession, id: number, reason: string, now: Date): void {
  session.run("UPDATE entry SET state = 'settled', due_at = NULL, settled_at = ? WHERE id = ?", [
    now.getTime(),
    id,
  ]);
  recordTransition(session, id, now.getTime(), 'settled', reason);
}
