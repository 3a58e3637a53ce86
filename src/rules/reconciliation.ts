import { domainToASCII } from 'node:url';
import type { CronSchedule } from './cron-schedule.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The interval of Odoo's job as it comes; another one is an administrator's wish and wins over the cron. */
export const presetMinutes = 30;

export type RunQuestion = {
  cron: CronSchedule;
  /** Switch and interval of the job in Odoo's scheduled actions. */
  setting: { is_on: boolean; every_minutes: number };
  /** The slot that was run or skipped last; undefined when none ever was. */
  lastSlot: Date | undefined;
  isRunning: boolean;
  now: Date;
};

/** `skip`: it is time, and the last run is still going. A slot is run or skipped, never both. */
export type RunDecision = { kind: 'off' | 'wait' } | { kind: 'run' | 'skip'; slot: Date };

/**
 * Whether a run is due. Asked every minute; a slot that nobody asked at (asleep, stopped) is made up for once,
 * however many there were. All in UTC, so no night with a change of clocks adds or drops one.
 */
export function decideRun({ cron, setting, lastSlot, isRunning, now }: RunQuestion): RunDecision {
  if (!setting.is_on) return { kind: 'off' };
  const slot = newestSlot(cron, setting.every_minutes, knownSlot(lastSlot, now), now);
  if (slot === undefined) return { kind: 'wait' };
  return { kind: isRunning ? 'skip' : 'run', slot };
}

/** A slot ahead of the clock is from before the clock was set back. */
function knownSlot(lastSlot: Date | undefined, now: Date): Date | undefined {
  return lastSlot !== undefined && lastSlot.getTime() > now.getTime() + 5 * minuteMs ? undefined : lastSlot;
}

function newestSlot(
  cron: CronSchedule,
  everyMinutes: number,
  lastSlot: Date | undefined,
  now: Date,
): Date | undefined {
  const isByCron = everyMinutes === presetMinutes;
  const stepMs = isByCron ? minuteMs : everyMinutes * minuteMs;
  const newest = Math.floor(now.getTime() / stepMs) * stepMs;
  // Before the first run nothing was missed, so only the slot of this very minute counts.
  const begin = lastSlot?.getTime() ?? Math.max(newest, now.getTime() - minuteMs) - 1;
  for (let at = newest; at > begin; at -= stepMs) {
    if (!isByCron || cron.matches(new Date(at))) return new Date(at);
  }
  return undefined;
}

export type PendingTimes = {
  /** When its mail was made. */
  createdAt: Date;
  /** When it was sent last. */
  since: Date;
};

export type Window = {
  /** Which days Sweego is asked about; undefined when no mail is young enough. */
  days: { from: Date; to: Date } | undefined;
  /** Mails that Sweego is not asked about any more, and since when the oldest waits. */
  tooOld: { count: number; oldest: Date } | undefined;
};

/**
 * From the oldest pending mail until now, but not further back than `mostDays`: Sweego keeps its log for a while
 * only, and the days in between cost pages. What was sent before is told apart, not passed over in silence.
 */
export function reconciliationWindow(pending: readonly PendingTimes[], mostDays: number, now: Date): Window {
  const earliest = now.getTime() - mostDays * dayMs;
  const old = pending.filter(({ since }) => since.getTime() < earliest);
  const young = pending.filter(({ since }) => since.getTime() >= earliest);
  const from = leastOf(young.map(({ createdAt }) => createdAt.getTime()));
  const oldest = leastOf(old.map(({ since }) => since.getTime()));
  return {
    days: from === undefined ? undefined : { from: new Date(Math.max(from, earliest)), to: now },
    tooOld: oldest === undefined ? undefined : { count: old.length, oldest: new Date(oldest) },
  };
}

/**
 * The From domains to ask about: `domains` of Sweego's log filters on From. That is where users write from, but
 * a mail server with another filter writes an address of the alias domain instead, or the filter's own.
 */
export function domainsToAsk(
  fromDomains: readonly (string | null)[],
  aliasDomains: readonly string[],
  fromFilters: readonly (string | null)[],
): string[] {
  const filtered = fromFilters.flatMap((filter) => (filter ?? '').split(','));
  const names = [...fromDomains, ...aliasDomains, ...filtered].map((text) =>
    // Only this form names an internationalised domain at Sweego.
    domainToASCII((text ?? '').trim().replace(/^.*@/, '').toLowerCase()),
  );
  return [...new Set(names)].filter((name) => name !== '').sort();
}

/** An event by what tells it from the others of its message. */
export function eventKey(swgUid: string | null | undefined, type: string): string {
  return `${swgUid ?? ''} ${type}`;
}

function leastOf(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((least, each) => Math.min(least, each));
}
