import { judgeDiscard, judgeReplayOrErase } from '../entry-lifecycle.ts';
import { erasedNote, outcomeNote, replayNote } from '../entry-note.ts';
import { standingOf } from '../entry-row.ts';
import type { Standing } from '../entry-row.ts';
import type { EntryChange } from '../entry.ts';
import type { Inbox } from '../inbox.ts';
import { takeErasable } from '../limits.ts';
import type { Session } from './session.ts';
import type { RunStatement } from './statement.ts';
import { changeEntries } from './transition.ts';

/** `replay` and `discard` of the contract. */
export function replayOperations(session: Session): Pick<Inbox, 'replay' | 'discard'> {
  return {
    replay: (ids, now, target) =>
      session.inTransaction(async (run) => {
        const standings = await findStandings(run, ids);
        const changes = changeEach(ids, standings, { state: 'received' }, judgeReplayOrErase);
        const update = {
          set: `state = 'received', due_at = $1, settled_at = NULL, attempts = 0, waits = 0, releases = 0,
            is_replayed = true, target = $3`,
          where: 'id = ANY($4::bigint[])',
          parameters: [doneOf(ids, changes)],
        };
        await changeEntries(run, update, now.getTime(), replayNote(target));
        return changes;
      }),

    discard: (ids, reason, now) =>
      session.inTransaction(async (run) => {
        const standings = await findStandings(run, ids);
        const changes = changeEach(ids, standings, { state: 'settled' }, judgeDiscard);
        await discardEntries(run, doneOf(ids, changes), reason, now);
        return changes;
      }),
  };
}

/** The state of an entry, which no other process changes until the transaction ends. */
export async function findStanding(run: RunStatement, id: number): Promise<Standing | undefined> {
  return (await findStandings(run, [id])).get(id);
}

/** The state of entries, which no other process changes until the transaction ends. */
async function findStandings(run: RunStatement, ids: readonly number[]): Promise<Map<number, Standing>> {
  const rows = await run(
    'SELECT id, state, is_erased FROM entry WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE',
    [ids],
  );
  return new Map(rows.map((row) => [row['id'] as number, standingOf(row)]));
}

/**
 * Decides about each entry. When an id is given twice, the second decision is about the changed entry.
 *
 * @param changedTo the standing of the entries that are changed
 */
function changeEach(
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

function doneOf(ids: readonly number[], changes: readonly EntryChange[]): number[] {
  return ids.filter((_, index) => changes[index] === 'done');
}

/** The entries must not be claimed. */
async function discardEntries(
  run: RunStatement,
  ids: readonly number[],
  reason: string,
  now: Date,
): Promise<void> {
  const update = {
    set: `state = 'settled', due_at = NULL, settled_at = $1`,
    where: 'id = ANY($4::bigint[])',
    parameters: [ids],
  };
  await changeEntries(run, update, now.getTime(), outcomeNote({ outcome: 'discarded', reason }));
}

/** The operations that remove mail from the database for good: `erase` and `retain` of the contract. */
export function eraseOperations(session: Session): Pick<Inbox, 'erase' | 'retain'> {
  return {
    erase: (ids, now) =>
      session.inTransaction(async (run) => {
        const standings = await findStandings(run, ids);
        const changes = changeEach(ids, standings, { state: 'settled', isErased: true }, judgeReplayOrErase);
        const done = doneOf(ids, changes);
        const hasEnded = (id: number) => standings.get(id)?.state === 'settled';
        const open = done.filter((id) => !hasEnded(id));
        await discardEntries(run, open, 'erased', now);
        const update = {
          set: 'is_erased = true',
          where: 'id = ANY($4::bigint[])',
          parameters: [done.filter(hasEnded)],
        };
        await changeEntries(run, update, now.getTime(), erasedNote);
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
 * The entries settled first, as many as one step may erase. An entry that another process is changing at this moment is
 * left to the next step.
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

const ofEntries = 'entry_id = ANY($1::bigint[])';

/** Removes all content that could name a person; the entries stay. Their rows must be locked already. */
async function eraseContents(run: RunStatement, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await deleteContents(run, ids);
  await run(
    `UPDATE request SET body = NULL
     WHERE id IN (SELECT request_id FROM entry WHERE entry.id = ANY($1::bigint[])) AND body IS NOT NULL`,
    [ids],
  );
  await run('UPDATE entry SET is_erased = true WHERE id = ANY($1::bigint[])', [ids]);
}

/** Removes entries with their history and keys, and the requests without any entry left. */
async function deleteEntries(run: RunStatement, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await deleteContents(run, ids);
  await run(`DELETE FROM transition WHERE ${ofEntries}`, [ids]);
  await run(`DELETE FROM seen_key WHERE ${ofEntries}`, [ids]);
  const gone = await run(
    `DELETE FROM entry WHERE id = ANY($1::bigint[])
     RETURNING request_id, id - coalesce(position, 0) AS first,
       id - coalesce(position, 0) + coalesce(split_count, 1) - 1 AS last`,
    [ids],
  );
  const numbers = (column: string) => gone.map((row) => row[column] as number);
  // The entries of one request have consecutive ids.
  await run(
    `DELETE FROM request USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS gone (request_id, first, last)
     WHERE request.id = gone.request_id
       AND NOT EXISTS (SELECT FROM entry WHERE entry.id BETWEEN gone.first AND gone.last)`,
    [numbers('request_id'), numbers('first'), numbers('last')],
  );
}

async function deleteContents(run: RunStatement, ids: readonly number[]): Promise<void> {
  await run(`DELETE FROM element WHERE ${ofEntries}`, [ids]);
  await run(`DELETE FROM term WHERE ${ofEntries}`, [ids]);
  await run(
    `WITH gone AS (DELETE FROM file WHERE ${ofEntries} RETURNING id)
     DELETE FROM file_chunk WHERE file_id IN (SELECT id FROM gone)`,
    [ids],
  );
}
