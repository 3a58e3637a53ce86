import { setImmediate as nextTurn } from 'node:timers/promises';
import { roundLimits } from '../admission.ts';
import { requireAllChanged } from '../entry-lifecycle.ts';
import { claimedNote, codeNote, outcomeNote, waitNote } from '../entry-note.ts';
import type { EntryNote } from '../entry-note.ts';
import { entryOf } from '../entry-row.ts';
import type { Entry, EntryKind } from '../entry.ts';
import type { Inbox } from '../inbox.ts';
import { maxClaimedBytes, releasesUntilAlone } from '../limits.ts';
import { hasReached, sumOf } from './admission-turn.ts';
import type { Admission } from './admission-turn.ts';
import { admitRequests } from './admit.ts';
import { selectEntry } from './row.ts';
import type { Session, SqlValue } from './session.ts';
import { inWriteTransaction } from './transaction.ts';
import { changeEntries } from './transition.ts';

/**
 * `claim`, `settle`, `wait` and `park` of the contract.
 *
 * @param inboxId names this opened inbox, which alone can end what it claimed
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
      where: "state = 'claimed' AND claimed_by = ? AND id IN (SELECT value FROM json_each(?))",
      parameters: [...change.parameters, inboxId, JSON.stringify(ids)],
    };
    const changed = await inWriteTransaction(session, () =>
      changeEntries(session, update, now.getTime(), note),
    );
    requireAllChanged(ids, new Set(changed));
  }

  return {
    claim: (options) => claim(session, inboxId, options),

    settle: (ids, outcome, now) =>
      changeClaimed(ids, now, outcomeNote(outcome), {
        set: "state = 'settled', settled_at = ?",
        parameters: [now.getTime()],
      }),

    wait: (ids, { until, counts, now, ...why }) =>
      changeClaimed(ids, now, waitNote(why), {
        set: "state = 'waiting', due_at = ?, waits = waits + ?, attempts = attempts + ?",
        parameters: [until.getTime(), counts === 'wait' ? 1 : 0, counts === 'attempt' ? 1 : 0],
      }),

    park: (ids, reason, now) =>
      changeClaimed(ids, now, codeNote(reason), { set: "state = 'parked'", parameters: [] }),
  };
}

type Search = { kinds: readonly EntryKind[]; limit: number; maxBytes: number; isContinued: boolean };

/** @property isFull nothing may be added to the entries handed out */
type HandedOut = { entries: Entry[]; bytes: number; isFull: boolean };

/**
 * Takes turns of "admit, then hand out", each one short transaction, until enough is handed out, a round's worth is
 * admitted, or nothing is left. Webhooks are answered between two turns. A claim that has found nothing goes on:
 * otherwise many new requests of other kinds would make the inbox look empty to a worker, which would then sleep.
 */
async function claim(
  session: Session,
  inboxId: string,
  { kinds, limit, now, describe }: Parameters<Inbox['claim']>[0],
): Promise<Entry[]> {
  const entries: Entry[] = [];
  let maxBytes = maxClaimedBytes;
  let total: Admission = { requests: 0, entries: 0, bodyBytes: 0 };

  function takeTurn(): { admitted: Admission; handedOut: HandedOut } {
    const admitted = admitRequests(session, now.getTime(), describe);
    const search = { kinds, limit: limit - entries.length, maxBytes, isContinued: entries.length > 0 };
    return { admitted, handedOut: handOut(session, inboxId, search, now.getTime()) };
  }

  for (;;) {
    try {
      const { admitted, handedOut } = await inWriteTransaction(session, takeTurn);
      entries.push(...handedOut.entries);
      maxBytes -= handedOut.bytes;
      total = sumOf(total, admitted);
      const isEnough = handedOut.isFull || hasReached(total, roundLimits);
      if (admitted.requests === 0 || (entries.length > 0 && isEnough)) return entries;
    } catch (error) {
      // Entries that earlier turns have claimed must reach the worker; the next claim meets the fault again.
      if (entries.length > 0) return entries;
      throw error;
    }
    await nextTurn();
  }
}

function handOut(session: Session, inboxId: string, search: Search, nowMs: number): HandedOut {
  const { ids, isFull } = findDue(session, search, nowMs);
  const entries: Entry[] = [];
  let bytes = 0;
  for (const id of ids) {
    if (bytes >= search.maxBytes) break;
    const row = session.first(`${selectEntry} WHERE entry.id = ?`, [id]);
    if (row === undefined) continue;
    const entry = entryOf({ ...row, state: 'claimed' });
    entries.push(entry);
    bytes += entry.body.byteLength;
  }
  if (entries.length > 0) markClaimed(session, inboxId, entries, nowMs);
  return { entries, bytes, isFull: isFull || bytes >= search.maxBytes };
}

/**
 * One look-up per kind, because only then the index yields the order and nothing needs sorting. The ids end before the
 * first entry that has to be handed out alone.
 */
function findDue(
  session: Session,
  { kinds, limit, isContinued }: Search,
  nowMs: number,
): { ids: number[]; isFull: boolean } {
  const due = kinds.flatMap((kind) =>
    session.all(
      `SELECT id, due_at, releases FROM entry WHERE direction = ? AND due_at <= ?
       ORDER BY due_at, id LIMIT ?`,
      [kind, nowMs, limit],
    ),
  ) as { id: number; due_at: number; releases: number }[];
  due.sort((one, other) => one.due_at - other.due_at || one.id - other.id);
  const ids = due.slice(0, limit).map(({ id }) => id);
  const alone = due.findIndex(({ releases }) => releases >= releasesUntilAlone);
  if (alone === -1 || alone >= limit) return { ids, isFull: ids.length === limit };
  return { ids: ids.slice(0, alone === 0 && !isContinued ? 1 : alone), isFull: true };
}

function markClaimed(session: Session, inboxId: string, entries: readonly Entry[], nowMs: number): void {
  const update = {
    set: "state = 'claimed', due_at = NULL, claimed_by = ?",
    where: 'id IN (SELECT value FROM json_each(?))',
    parameters: [inboxId, JSON.stringify(entries.map(({ id }) => id))],
  };
  changeEntries(session, update, nowMs, claimedNote);
}
