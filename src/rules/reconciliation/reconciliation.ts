import { domainToASCII } from 'node:url';
import type { CronSchedule } from './cron-schedule.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The interval of Odoo's job as it comes; another one is an administrator's wish and wins over the cron. */
const presetMinutes = 30;

type RunQuestion = {
  cron: CronSchedule;
  /** Switch and interval of the job in Odoo's scheduled actions. */
  setting: { is_on: boolean; every_minutes: number };
  /** The slot that was run or skipped last; undefined when none ever was. */
  lastSlot: Date | undefined;
  /** When an administrator last ran the job in Odoo by hand, and for which of those a run was made. */
  requestedAt: Date | null;
  servedRequest: Date | undefined;
  /** No run before it: Sweego or Odoo asked for a pause. */
  notBefore: Date | undefined;
  isRunning: boolean;
  now: Date;
};

/** `skip`: it is time, and the last run is still going. A slot is run or skipped, never both. */
type RunDecision =
  { kind: 'off' | 'wait' } | { kind: 'run' | 'skip'; slot: Date } | { kind: 'run_by_hand'; request: Date };

/**
 * Whether a run is due. Asked every minute; a slot that nobody asked at (asleep, stopped) is made up for once,
 * however many there were. All in UTC, so no night with a change of clocks adds or drops one. What an
 * administrator asks for by hand is done also while the schedule is switched off.
 */
export function decideRun(question: RunQuestion): RunDecision {
  const { cron, setting, lastSlot, requestedAt, servedRequest, notBefore, isRunning, now } = question;
  // One that is further ahead than any pause is from before the clock was set back.
  if (notBefore !== undefined && notBefore > now && notBefore.getTime() <= now.getTime() + dayMs) {
    return { kind: 'wait' };
  }
  const isAsked = requestedAt !== null && (servedRequest === undefined || requestedAt > servedRequest);
  if (isAsked) return isRunning ? { kind: 'wait' } : { kind: 'run_by_hand', request: requestedAt };
  if (!setting.is_on) return { kind: 'off' };
  const slot = newestSlot(cron, setting.every_minutes, knownSlot(lastSlot, now), now);
  if (slot === undefined) return { kind: 'wait' };
  return { kind: isRunning ? 'skip' : 'run', slot };
}

/** The slot that was run or skipped last, as far as it is known; one ahead of the clock is from before it was set back. */
export function knownSlot(lastSlot: Date | undefined, now: Date): Date | undefined {
  return lastSlot !== undefined && lastSlot.getTime() > now.getTime() + 5 * minuteMs ? undefined : lastSlot;
}

function newestSlot(
  cron: CronSchedule,
  everyMinutes: number,
  lastSlot: Date | undefined,
  now: Date,
): Date | undefined {
  // Before the first run nothing was missed, except that a start takes a while.
  const after = lastSlot ?? new Date(now.getTime() - 5 * minuteMs);
  if (everyMinutes === presetMinutes) return cron.newest(after, now);
  const stepMs = everyMinutes * minuteMs;
  const newest = new Date(Math.floor(now.getTime() / stepMs) * stepMs);
  return newest > after ? newest : undefined;
}

export type PendingMail = {
  /** When it was made. */
  createdAt: Date;
  /** When it was sent last. */
  since: Date;
  /** Of whom it was written, lower-case; `null` when that names none. */
  fromDomain: string | null;
};

export type Window = {
  /** Since when Sweego is asked about; undefined when no mail is young enough. */
  from: Date | undefined;
  /** Mails that Sweego is not asked about any more, and since when the oldest waits. */
  tooOld: { count: number; oldest: Date } | undefined;
};

/**
 * From the oldest pending mail until now, but not further back than `mostDays`: Sweego keeps its log for a while
 * only, and the days in between cost pages. What was sent before is told apart, not passed over in silence.
 */
export function reconciliationWindow(pending: readonly PendingMail[], mostDays: number, now: Date): Window {
  const earliest = now.getTime() - mostDays * dayMs;
  const old = pending.filter(({ since }) => since.getTime() < earliest);
  const young = pending.filter(({ since }) => since.getTime() >= earliest);
  const from = leastOf(young.map(({ createdAt }) => createdAt.getTime()));
  const oldest = leastOf(old.map(({ since }) => since.getTime()));
  return {
    from: from === undefined ? undefined : new Date(Math.max(from, earliest)),
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
  const names = [...fromDomains, ...aliasDomains, ...fromFilters.flatMap(partsOf)].map(domainName);
  return [...new Set(names)].filter((name) => name !== '').sort();
}

/** A mail shows in Sweego's log a minute or two after it was sent. */
const shownAfterMs = 15 * minuteMs;

/**
 * From domains of which Sweego's log must have rows: mails were sent from them within the window, and no mail
 * server's filter put another address into their From.
 *
 * @param fromFilters of the mail servers that send through Sweego
 * @see Odoo ir.mail_server._find_mail_server
 */
export function domainsSentFrom(
  pending: readonly PendingMail[],
  fromFilters: readonly (string | null)[],
  { from, now }: { from: Date; now: Date },
): Set<string> {
  const isUnfiltered = fromFilters.some((filter) => partsOf(filter).length === 0);
  const allowed = new Set(
    fromFilters
      .flatMap(partsOf)
      .filter((part) => !part.includes('@'))
      .map(domainName),
  );
  const latest = now.getTime() - shownAfterMs;
  const sent = pending
    .filter(({ since }) => since >= from && since.getTime() <= latest)
    .map(({ fromDomain }) => domainName(fromDomain))
    .filter((name) => name !== '' && (isUnfiltered || allowed.has(name)));
  return new Set(sent);
}

function partsOf(fromFilter: string | null): string[] {
  return (fromFilter ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Only this form names an internationalised domain at Sweego. */
function domainName(text: string | null): string {
  return domainToASCII((text ?? '').trim().replace(/^.*@/, '').toLowerCase());
}

function leastOf(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((least, each) => Math.min(least, each));
}
