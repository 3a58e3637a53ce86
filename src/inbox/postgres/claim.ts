import { setImmediate as nextTurn } from 'node:timers/promises';
import { roundLimits } from '../admission.ts';
import { requireAllChanged } from '../entry-lifecycle.ts';
import { claimedNote, codeNote, outcomeNote, waitNote } from '../entry-note.ts';
import type { EntryNote } from '../entry-note.ts';
import { entryOf } from '../entry-row.ts';
import type { Entry, EntryKind } from '../entry.ts';
import type { Inbox } from '../inbox.ts';
import { maxClaimedBytes, releasesUntilAlone } from '../limits.ts';
import { admitRequests } from './admit.ts';
import { selectEntry } from './row.ts';
import type { Session, SqlRow, SqlValue } from './session.ts';
import type { RunStatement } from './statement.ts';
import { changeEntries } from './transition.ts';

/**
 * `claim`, `settle`, `wait` and `park` of the contract.
 *
 * @param inboxId names this opened inbox, which alone can end what it claimed; a UUID
 */
export function claimOperations(
  session: Session,
  inboxId: string,
): Pick<Inbox, 'claim' | 'settle' | 'wait' | 'park'> {
  /** The claimed entries are changed even when others are not claimed any more: their work was done. */
  async function changeClaimed(
    ids: readonly number[],
    now: Date,
    note: EntryNote,
    change: { set: string; parameters: readonly SqlValue[] },
  ): Promise<void> {
    const update = {
      set: `claimed_by = NULL, ${change.set}`,
      where: `state = 'claimed' AND claimed_by = $4 AND id = ANY($5::bigint[])`,
      parameters: [inboxId, ids, ...change.parameters],
    };
    const changed = await changeEntries(session.write, update, now.getTime(), note);
    requireAllChanged(ids, new Set(changed));
  }

  return {
    claim: (options) => claim(session, inboxId, options),

    settle: (ids, outcome, now) =>
      changeClaimed(ids, now, outcomeNote(outcome), {
        set: "state = 'settled', settled_at = $1",
        parameters: [],
      }),

    wait: (ids, { until, counts, now, ...why }) =>
      changeClaimed(ids, now, waitNote(why), {
        set: "state = 'waiting', due_at = $6, waits = waits + $7, attempts = attempts + $8",
        parameters: [until.getTime(), counts === 'wait' ? 1 : 0, counts === 'attempt' ? 1 : 0],
      }),

    park: (ids, reason, now) =>
      changeClaimed(ids, now, codeNote(reason), { set: "state = 'parked'", parameters: [] }),
  };
}

/**
 * Takes rounds of "admit, then hand out", each one transaction, until an entry is handed out or nothing is left to
 * admit. Without the rounds many new requests of other kinds would make the inbox look empty to a worker, which would
 * then sleep.
 */
async function claim(
  session: Session,
  inboxId: string,
  { kinds, limit, now, describe }: Parameters<Inbox['claim']>[0],
): Promise<Entry[]> {
  for (;;) {
    const round = await session.inTransaction(async (run) => ({
      admitted: await admitRequests(run, now.getTime(), describe, requestsToAdmit(limit)),
      entries: await handOut(run, inboxId, { kinds, limit, nowMs: now.getTime() }),
    }));
    if (round.entries.length > 0 || round.admitted === 0) return round.entries;
    await nextTurn();
  }
}

/** About as many as are handed out, so that a backlog drains as fast at its beginning as at its end. */
function requestsToAdmit(limit: number): number {
  return limit === 0 ? roundLimits.requests : Math.max(limit, 100);
}

async function handOut(
  run: RunStatement,
  inboxId: string,
  due: { kinds: readonly EntryKind[]; limit: number; nowMs: number },
): Promise<Entry[]> {
  const ids = chooseBatch(await findDue(run, due));
  if (ids.length === 0) return [];
  const update = {
    set: `state = 'claimed', due_at = NULL, claimed_by = $4`,
    where: 'id = ANY($5::bigint[])',
    parameters: [inboxId, ids],
  };
  await changeEntries(run, update, due.nowMs, claimedNote);
  const rows = await run(`${selectEntry} WHERE entry.id = ANY($1::bigint[])`, [ids]);
  const entries = new Map(rows.map((row) => [row['id'] as number, entryOf(row)]));
  return ids.map((id) => entries.get(id) as Entry);
}

/**
 * One look-up per kind, because only then the index yields the order and nothing needs sorting. Entries that another
 * process is changing at this moment are left out.
 */
async function findDue(
  run: RunStatement,
  { kinds, limit, nowMs }: { kinds: readonly EntryKind[]; limit: number; nowMs: number },
): Promise<SqlRow[]> {
  if (limit <= 0 || kinds.length === 0) return [];
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
    [[...kinds], nowMs, limit],
  );
}

function chooseBatch(due: readonly SqlRow[]): number[] {
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
