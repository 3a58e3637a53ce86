import { knownSlot } from '../../rules/reconciliation/reconciliation.ts';
import type { ReconcileDeps, Reconciled } from './reconcile.ts';
import type { ReconciliationMemory } from './reconciliation-runs.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
/** While no mail waits, lost replies are looked for this often. */
const repliesEveryMs = 6 * hourMs;
/** Replies are looked for again in what was looked through: a row may show late in Sweego's log. */
const repliesOverlapMs = dayMs;
/** Longer than anything is looked for again: RECONCILE_DAYS and --days of an operator. */
const mostDaysTold = 40;

/** What makes a run: a slot of the schedule, a wish made in Odoo, or the command. */
export type Occasion = { slot: Date } | { request: Date } | 'command';

/** Whether it had its run: another replica may have made it meanwhile. */
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

/** What is to be remembered as soon as its run begins. */
export function servedBy(occasion: Occasion): Partial<ReconciliationMemory> {
  if (occasion === 'command') return {};
  if ('slot' in occasion) return { lastSlot: occasion.slot.toISOString() };
  return { servedRequest: occasion.request.toISOString() };
}

/** The memory as if the occasion had not been served, unless another process has served one since. */
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

/** Which received mails a run looks for, and whether it does so although no mail waits. */
export function repliesToLookFor(
  { repliesSince, repliesLookedForAt, toldReplies }: ReconciliationMemory,
  occasion: Occasion,
  { mostDays, retainDays, now }: { mostDays: number; retainDays: number; now: Date },
): ReconcileDeps['replies'] {
  // What is not kept any more cannot be found.
  const earliest = new Date(now.getTime() - Math.min(mostDays, retainDays) * dayMs);
  const remembered = new Date(repliesSince);
  // One ahead of the clock is from before it was set back.
  const since = remembered > now ? earliest : remembered;
  const lookedForAt = instantOf(repliesLookedForAt)?.getTime() ?? 0;
  return {
    since: since > earliest ? since : earliest,
    // Also when the clock was set back.
    isDue: occasion === 'command' || Math.abs(now.getTime() - lookedForAt) >= repliesEveryMs,
    told: Object.keys(toldReplies),
  };
}

/** The memory with a run that was made; another process may have made a later one meanwhile. */
export function memoryAfter(done: Reconciled, memory: ReconciliationMemory, now: Date): ReconciliationMemory {
  const { run, repliesSeenUntil, pauseMs } = done;
  const after = {
    ...memory,
    toldReplies: toldAfter(run, memory.toldReplies, now),
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

/** For as long as they can be found again in what is looked through. */
function toldAfter(
  { lostReplies }: Reconciled['run'],
  told: ReconciliationMemory['toldReplies'],
  now: Date,
): ReconciliationMemory['toldReplies'] {
  const forgetBefore = later(now, -mostDaysTold * dayMs);
  const kept = Object.entries(told).filter(([, at]) => at > forgetBefore);
  const added = lostReplies.map((uid): [string, string] => [uid, now.toISOString()]);
  return Object.fromEntries<string>([...kept, ...added]);
}

/** The memory with a slot that was run or skipped, if that is the later one. */
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

/** The slot of the schedule that an occasion is. */
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
