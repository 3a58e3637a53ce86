import { judgeDiscard, judgeReplayOrErase, replayInstruction } from '../entry-lifecycle.ts';
import { standingOf } from '../entry-row.ts';
import type { Standing } from '../entry-row.ts';
import type { EntryChange, Inbox } from '../inbox.ts';
import { takeErasable } from '../limits.ts';
import type { SqliteSession } from './session.ts';
import { inWriteTransaction, emptyLog } from './transaction.ts';
import { recordTransition } from './transition.ts';

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

const givenIds = '(SELECT value FROM json_each(?))';
const isFileOfGiven = `file_id IN (SELECT id FROM file WHERE entry_id IN ${givenIds})`;
const isRequestOfGiven = `id IN (SELECT request_id FROM entry WHERE entry.id IN ${givenIds}) AND length(body) > 0`;

/** What takes mail out of the file for good: `erase` and `retain` of the contract. */
export function createErase(session: SqliteSession): Pick<Inbox, 'erase' | 'retain'> {
  return {
    async erase(ids, now) {
      const changes = await inWriteTransaction(session, () => {
        const told = ids.map((id) => endAsErased(session, id, now));
        eraseContents(
          session,
          ids.filter((_, index) => told[index] === 'done'),
        );
        return told;
      });
      await emptyLog(session);
      return changes;
    },

    async retain({ bodiesSettledBefore, entriesSettledBefore, limit }) {
      const counts = await inWriteTransaction(session, () => {
        const ended = [0, 1].flatMap((isErased) =>
          settledIds(session, isErased, entriesSettledBefore, limit),
        );
        const entries = ended.slice(0, limit);
        deleteEntries(session, entries);
        const bodies = settledIds(session, 0, bodiesSettledBefore, limit);
        eraseContents(session, bodies);
        return { bodies: bodies.length, entries: entries.length };
      });
      if (counts.bodies + counts.entries === 0) await emptyLog(session);
      return counts;
    },
  };
}

/** Must run inside a write transaction. */
function endAsErased(session: SqliteSession, id: number, now: Date): EntryChange {
  const found = findStanding(session, id);
  const change = judgeReplayOrErase(found);
  if (found === undefined || change !== 'done') return change;
  if (found.state === 'settled') recordTransition(session, id, now.getTime(), 'settled', 'erased');
  else settleUnclaimed(session, id, 'discarded: erased', now);
  session.run('UPDATE entry SET is_erased = 1 WHERE id = ?', [id]);
  return 'done';
}

/** The first to be settled, as many as may be erased in one step. */
function settledIds(session: SqliteSession, isErased: number, before: Date, limit: number): number[] {
  const rows = session.all(
    `SELECT entry.id, length(request.body) + coalesce(length(element.body), 0) + coalesce(
       (SELECT sum(length(bytes)) FROM file JOIN file_chunk ON file_id = file.id WHERE entry_id = entry.id), 0
     ) AS bytes
     FROM entry JOIN request ON request.id = request_id LEFT JOIN element ON element.entry_id = entry.id
     WHERE is_erased = ? AND settled_at < ? ORDER BY settled_at LIMIT ?`,
    [isErased, before.getTime(), limit],
  );
  return takeErasable(rows);
}

function eraseContents(session: SqliteSession, ids: readonly number[]): void {
  if (ids.length === 0) return;
  const list = JSON.stringify(ids);
  overwriteContents(session, list);
  deleteContents(session, list);
  session.run(`UPDATE request SET body = x'' WHERE ${isRequestOfGiven}`, [list]);
  session.run(`UPDATE entry SET is_erased = 1 WHERE id IN ${givenIds}`, [list]);
}

function deleteEntries(session: SqliteSession, ids: readonly number[]): void {
  if (ids.length === 0) return;
  const list = JSON.stringify(ids);
  eraseContents(session, ids);
  session.run(`DELETE FROM transition WHERE entry_id IN ${givenIds}`, [list]);
  session.run(`DELETE FROM seen_key WHERE entry_id IN ${givenIds}`, [list]);
  const requests = session
    .all(`DELETE FROM entry WHERE id IN ${givenIds} RETURNING request_id`, [list])
    .map((row) => row['request_id'] as number);
  session.run(
    `DELETE FROM request WHERE id IN ${givenIds}
     AND NOT EXISTS (SELECT 1 FROM entry WHERE request_id = request.id)`,
    [JSON.stringify([...new Set(requests)])],
  );
}

/**
 * Writes zeros over contents that are about to go. `secure_delete` clears what is deleted from where it is, but
 * deleting makes SQLite move the neighbours of a row to other pages, and it leaves their bytes behind in
 * the old ones: of two neighbours that go together, the second would leave traces.
 *
 * @param list JSON of entry ids
 */
function overwriteContents(session: SqliteSession, list: string): void {
  session.run(`UPDATE request SET body = zeroblob(length(body)) WHERE ${isRequestOfGiven}`, [list]);
  session.run(`UPDATE element SET body = zeroblob(length(body)) WHERE entry_id IN ${givenIds}`, [list]);
  session.run(`UPDATE file_chunk SET bytes = zeroblob(length(bytes)) WHERE ${isFileOfGiven}`, [list]);
}

/** @param list JSON of entry ids */
function deleteContents(session: SqliteSession, list: string): void {
  session.run(`DELETE FROM element WHERE entry_id IN ${givenIds}`, [list]);
  session.run(`DELETE FROM term WHERE entry_id IN ${givenIds}`, [list]);
  session.run(`DELETE FROM file_chunk WHERE file_id IN (SELECT id FROM file WHERE entry_id IN ${givenIds})`, [
    list,
  ]);
  session.run(`DELETE FROM file WHERE entry_id IN ${givenIds}`, [list]);
}
