import type { ReconcileDeps, Reconciled } from './reconcile.ts';
import type { ReconciliationMemory } from './reconciliation-runs.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
/** While no mail waits, lost replies are looked for this often. */
const repliesEveryMs = 6 * hourMs;
/** Replies are looked for again in what was looked through: a row may show late in Sweego's log. */
const repliesOverlapMs = dayMs;

/** What makes a run: a slot of the schedule, a wish made in Odoo, or the command. */
export type Occasion = { slot: Date } | { request: Date } | 'command';

/** Whether it had its run: another replica may have made it meanwhile. */
export function isServed(occasion: Occasion, { lastSlot, servedRequest }: ReconciliationMemory): boolean {
  if (occasion === 'command') return false;
  if ('slot' in occasion) return lastSlot !== null && new Date(lastSlot) >= occasion.slot;
  return servedRequest !== null && new Date(servedRequest) >= occasion.request;
}

/** What is to be remembered as soon as its run begins. */
export function servedBy(occasion: Occasion): Partial<ReconciliationMemory> {
  if (occasion === 'command') return {};
  if ('slot' in occasion) return { lastSlot: occasion.slot.toISOString() };
  return { servedRequest: occasion.request.toISOString() };
}

/** Which received mails a run looks for, and whether it does so although no mail waits. */
export function repliesToLookFor(
  { repliesSince, repliesLookedForAt }: ReconciliationMemory,
  occasion: Occasion,
  { mostDays, now }: { mostDays: number; now: Date },
): ReconcileDeps['replies'] {
  const earliest = new Date(now.getTime() - mostDays * dayMs);
  const since = new Date(repliesSince);
  const lookedForAt = instantOf(repliesLookedForAt)?.getTime() ?? 0;
  return {
    since: since > earliest ? since : earliest,
    // Also when the clock was set back.
    isDue: occasion === 'command' || Math.abs(now.getTime() - lookedForAt) >= repliesEveryMs,
  };
}

/** The memory with a run that was made. */
export function memoryAfter(done: Reconciled, memory: ReconciliationMemory, now: Date): ReconciliationMemory {
  const { run, repliesSeenUntil, pauseMs } = done;
  const after = {
    ...memory,
    runs: [run, ...memory.runs],
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

/** The memory with a slot that was skipped, if that is the later one. */
export function withSkipped(
  memory: ReconciliationMemory,
  skippedSlot: Date | undefined,
): ReconciliationMemory {
  const lastSlot = instantOf(memory.lastSlot);
  const isLater = skippedSlot !== undefined && (lastSlot === undefined || skippedSlot > lastSlot);
  return isLater ? { ...memory, lastSlot: skippedSlot.toISOString() } : memory;
}

/** @returns an ISO 8601 instant */
export function later(instant: Date, ms: number): string {
  return new Date(instant.getTime() + ms).toISOString();
}

export function instantOf(written: string | null): Date | undefined {
  return written === null ? undefined : new Date(written);
}
