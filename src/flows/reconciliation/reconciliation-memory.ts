import { knownSlot } from '../../rules/reconciliation/reconciliation.ts';
import type { ReconcileDeps, Reconciled } from './reconcile.ts';
import type { ReconciliationMemory } from './reconciliation-runs.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
/** How often lost replies are looked for while no mail is pending. */
const repliesEveryMs = 6 * hourMs;
/** This much of the log is read again for replies, because a row may appear late in Sweego's log. */
const repliesOverlapMs = dayMs;
/** Longer than any part of the log that is read again (RECONCILE_DAYS, or --days of an operator). */
const mostDaysReported = 40;

/** Why a run is made: a slot of the schedule, a request made in Odoo, or the command. */
export type Occasion = { slot: Date } | { request: Date } | 'command';

/** Whether the run was made already: another replica may have made it meanwhile. */
export function isServed(
  occasion: Occasion,
  { lastSlot, servedRequest }: ReconciliationMemory,
  now: Date,
): boolean {
  if (occasion === 'command') return false;
  if ('slot' in occasion) {
    const known = knownSlot(instantOf(lastSlot), now);
    return known !== undefined && known >= occasion.slot;
  }
  return servedRequest !== null && new Date(servedRequest) >= occasion.request;
}

/** What to remember as soon as the run begins. */
export function servedBy(occasion: Occasion): Partial<ReconciliationMemory> {
  if (occasion === 'command') return {};
  if ('slot' in occasion) return { lastSlot: occasion.slot.toISOString() };
  return { servedRequest: occasion.request.toISOString() };
}

/** The memory as if the run had not been made, unless another process has made one since. */
export function givenBack(
  memory: ReconciliationMemory,
  occasion: Occasion,
  before: ReconciliationMemory,
): ReconciliationMemory {
  const served = servedBy(occasion);
  return {
    ...memory,
    lastSlot: memory.lastSlot === served.lastSlot ? before.lastSlot : memory.lastSlot,
    servedRequest:
      memory.servedRequest === served.servedRequest ? before.servedRequest : memory.servedRequest,
  };
}

/** Since when a run looks for lost replies, and whether it does so even while no mail is pending. */
export function repliesToLookFor(
  { repliesSince, repliesLookedForAt, toldReplies }: ReconciliationMemory,
  occasion: Occasion,
  { mostDays, retainDays, now }: { mostDays: number; retainDays: number; now: Date },
): ReconcileDeps['replies'] {
  // The inbox does not keep older entries, so their replies would look lost.
  const earliest = new Date(now.getTime() - Math.min(mostDays, retainDays) * dayMs);
  const remembered = new Date(repliesSince);
  // A time in the future was stored before the clock was set back.
  const since = remembered > now ? earliest : remembered;
  const lookedForAt = instantOf(repliesLookedForAt)?.getTime() ?? 0;
  return {
    since: since > earliest ? since : earliest,
    // In both directions, because the clock may have been set back.
    isDue: occasion === 'command' || Math.abs(now.getTime() - lookedForAt) >= repliesEveryMs,
    reported: Object.keys(toldReplies),
  };
}

/** The memory with this run added; another process may have added a later one meanwhile. */
export function memoryAfter(done: Reconciled, memory: ReconciliationMemory, now: Date): ReconciliationMemory {
  const { run, repliesSeenUntil, pauseMs } = done;
  const after = {
    ...memory,
    toldReplies: reportedAfter(run, memory.toldReplies, now),
    runs: [run, ...memory.runs].sort((one, other) => (one.startedAt < other.startedAt ? 1 : -1)),
    notBefore: pauseMs > 0 ? later(now, pauseMs) : null,
  };
  if (repliesSeenUntil === undefined) return after;
  const since = later(repliesSeenUntil, -repliesOverlapMs);
  return {
    ...after,
    repliesLookedForAt: now.toISOString(),
    repliesSince: since > memory.repliesSince ? since : memory.repliesSince,
  };
}

/** Remembers reported replies for as long as a run can find them again in the log. */
function reportedAfter(
  { lostReplies }: Reconciled['run'],
  reported: ReconciliationMemory['toldReplies'],
  now: Date,
): ReconciliationMemory['toldReplies'] {
  const forgetBefore = later(now, -mostDaysReported * dayMs);
  const kept = Object.entries(reported).filter(([, at]) => at > forgetBefore);
  const added = lostReplies.map((uid): [string, string] => [uid, now.toISOString()]);
  return Object.fromEntries<string>([...kept, ...added]);
}

/** The memory with a slot that was run or skipped, unless it holds a later one. */
export function withSlot(
  memory: ReconciliationMemory,
  slot: Date | undefined,
  now: Date,
): ReconciliationMemory {
  const known = knownSlot(slot, now);
  const lastSlot = knownSlot(instantOf(memory.lastSlot), now);
  const isLater = known !== undefined && (lastSlot === undefined || known > lastSlot);
  return isLater ? { ...memory, lastSlot: known.toISOString() } : memory;
}

/** The slot of a run that the schedule made due. */
export function slotOf(occasion: Occasion | undefined): Date | undefined {
  return typeof occasion === 'object' && 'slot' in occasion ? occasion.slot : undefined;
}

/** @returns an ISO 8601 instant */
export function later(instant: Date, ms: number): string {
  return new Date(instant.getTime() + ms).toISOString();
}

export function instantOf(written: string | null): Date | undefined {
  const instant = new Date(written ?? '');
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}
