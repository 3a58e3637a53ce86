import { judgeDiscard, judgeReplayOrErase } from '../entry-lifecycle.ts';
import { erasedNote, outcomeNote, replayNote } from '../entry-note.ts';
import { standingOf } from '../entry-row.ts';
import type { Standing } from '../entry-row.ts';
import type { EntryChange } from '../entry.ts';
import type { Inbox } from '../inbox.ts';
import { takeErasable } from '../limits.ts';
import type { Session } from './session.ts';
import { emptyLog, inWriteTransaction } from './transaction.ts';
import { changeEntries } from './transition.ts';

/** `replay` and `discard` of the contract. */
export function replayOperations(session: Session): Pick<Inbox, 'replay' | 'discard'> {
  return {
    replay: (ids, now, target) =>
      inWriteTransaction(session, () =>
        ids.map((id): EntryChange => {
          const change = judgeReplayOrErase(findStanding(session, id));
          if (change === 'done') replayEntry(session, id, target, now);
          return change;
        }),
      ),

    discard: (ids, reason, now) =>
      inWriteTransaction(session, () =>
        ids.map((id): EntryChange => {
          const change = judgeDiscard(findStanding(session, id));
          if (change === 'done') discardEntry(session, id, reason, now);
          return change;
        }),
      ),
  };
}

function replayEntry(session: Session, id: number, target: string | undefined, now: Date): void {
  const update = {
    set: `state = 'received', due_at = ?, settled_at = NULL, attempts = 0, waits = 0, releases = 0,
       is_replayed = 1, target = ?`,
    where: 'id = ?',
    parameters: [now.getTime(), target ?? null, id],
  };
  changeEntries(session, update, now.getTime(), replayNote(target));
}

/** The entry must not be claimed. Must run inside a write transaction. */
function discardEntry(session: Session, id: number, reason: string, now: Date): void {
  const update = {
    set: "state = 'settled', due_at = NULL, settled_at = ?",
    where: 'id = ?',
    parameters: [now.getTime(), id],
  };
  changeEntries(session, update, now.getTime(), outcomeNote({ outcome: 'discarded', reason }));
}

/** Must run inside a write transaction. */
export function findStanding(session: Session, id: number): Standing | undefined {
  const row = session.first('SELECT state, is_erased FROM entry WHERE id = ?', [id]);
  return row && standingOf(row);
}

const givenIds = '(SELECT value FROM json_each(?))';
const isFileOfGiven = `file_id IN (SELECT id FROM file WHERE entry_id IN ${givenIds})`;
const isRequestOfGiven = `id IN (SELECT request_id FROM entry WHERE entry.id IN ${givenIds}) AND length(body) > 0`;

/** The operations that remove mail from the file for good: `erase` and `retain` of the contract. */
export function eraseOperations(session: Session): Pick<Inbox, 'erase' | 'retain'> {
  return {
    async erase(ids, now) {
      const changes = await inWriteTransaction(session, () => {
        const changed = ids.map((id) => endAsErased(session, id, now));
        eraseContents(
          session,
          ids.filter((_, index) => changed[index] === 'done'),
        );
        return changed;
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
function endAsErased(session: Session, id: number, now: Date): EntryChange {
  const found = findStanding(session, id);
  const change = judgeReplayOrErase(found);
  if (found === undefined || change !== 'done') return change;
  if (found.state === 'settled') {
    const update = { set: 'is_erased = 1', where: 'id = ?', parameters: [id] };
    changeEntries(session, update, now.getTime(), erasedNote);
  } else {
    discardEntry(session, id, 'erased', now);
    session.run('UPDATE entry SET is_erased = 1 WHERE id = ?', [id]);
  }
  return 'done';
}

/** The entries settled first, as many as one step may erase. */
function settledIds(session: Session, isErased: number, before: Date, limit: number): number[] {
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

function eraseContents(session: Session, ids: readonly number[]): void {
  if (ids.length === 0) return;
  const list = JSON.stringify(ids);
  overwriteContents(session, list);
  deleteContents(session, list);
  session.run(`UPDATE request SET body = x'' WHERE ${isRequestOfGiven}`, [list]);
  session.run(`UPDATE entry SET is_erased = 1 WHERE id IN ${givenIds}`, [list]);
}

function deleteEntries(session: Session, ids: readonly number[]): void {
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
 * Writes zeros over contents before they are deleted. `secure_delete` clears a deleted row where it is, but deleting
 * makes SQLite move the neighbours of a row to other pages and leave their bytes in the old ones: of two neighbours that
 * are deleted together, the second would leave traces.
 *
 * @param list JSON of entry ids
 */
function overwriteContents(session: Session, list: string): void {
  session.run(`UPDATE request SET body = zeroblob(length(body)) WHERE ${isRequestOfGiven}`, [list]);
  session.run(`UPDATE element SET body = zeroblob(length(body)) WHERE entry_id IN ${givenIds}`, [list]);
  session.run(`UPDATE file_chunk SET bytes = zeroblob(length(bytes)) WHERE ${isFileOfGiven}`, [list]);
}

/** @param list JSON of entry ids */
function deleteContents(session: Session, list: string): void {
  session.run(`DELETE FROM element WHERE entry_id IN ${givenIds}`, [list]);
  session.run(`DELETE FROM term WHERE entry_id IN ${givenIds}`, [list]);
  session.run(`DELETE FROM file_chunk WHERE file_id IN (SELECT id FROM file WHERE entry_id IN ${givenIds})`, [
    list,
  ]);
  session.run(`DELETE FROM file WHERE entry_id IN ${givenIds}`, [list]);
}
