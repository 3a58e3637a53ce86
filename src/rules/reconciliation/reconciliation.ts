import { domainToASCII } from 'node:url';
import type { CronSchedule } from './cron-schedule.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The interval of Odoo's job when it is installed. Another interval is set by an administrator and overrides the cron. */
const presetMinutes = 30;

type RunQuestion = {
  cron: CronSchedule;
  /** The switch and the interval of the job in Odoo's scheduled actions. */
  setting: { is_on: boolean; every_minutes: number };
  /** The last slot that was run or skipped; undefined before the first. */
  lastSlot: Date | undefined;
  /** When an administrator last ran the job in Odoo by hand. */
  requestedAt: Date | null;
  /** The last such request for which a run was made. */
  servedRequest: Date | undefined;
  /** The end of a pause for Sweego or Odoo. No run starts before it. */
  notBefore: Date | undefined;
  isRunning: boolean;
  now: Date;
};

/** `skip`: a slot is due, but the last run has not ended. A slot is run or skipped, never both. */
type RunDecision =
  { kind: 'off' | 'wait' } | { kind: 'run' | 'skip'; slot: Date } | { kind: 'run_by_hand'; request: Date };

/**
 * Whether a run is due. The reconciler asks every minute. After slots were missed (the process was asleep or stopped), one
 * run makes up for all of them. All times are in UTC, so the change to or from summer time adds or drops no slot. A run
 * that an administrator requests by hand is made even while the schedule is switched off.
 */
export function decideRun(question: RunQuestion): RunDecision {
  const { cron, setting, lastSlot, requestedAt, servedRequest, notBefore, isRunning, now } = question;
  // No pause is that long: the clock has been set back since.
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

/** The last slot that was run or skipped. A slot far ahead of the clock does not count: the clock was set back since. */
export function knownSlot(lastSlot: Date | undefined, now: Date): Date | undefined {
  return lastSlot !== undefined && lastSlot.getTime() > now.getTime() + 5 * minuteMs ? undefined : lastSlot;
}

function newestSlot(
  cron: CronSchedule,
  everyMinutes: number,
  lastSlot: Date | undefined,
  now: Date,
): Date | undefined {
  // Before the first run no slot was missed, except during the start of the bridge.
  const after = lastSlot ?? new Date(now.getTime() - 5 * minuteMs);
  if (everyMinutes === presetMinutes) return cron.newest(after, now);
  const stepMs = everyMinutes * minuteMs;
  const newest = new Date(Math.floor(now.getTime() / stepMs) * stepMs);
  return newest > after ? newest : undefined;
}

export type PendingMail = {
  /** When it was created. */
  createdAt: Date;
  /** When it was sent last. */
  since: Date;
  /** The domain of its From address, in lower case; `null` when it has none. */
  fromDomain: string | null;
};

export type Window = {
  /** Where the reading of Sweego's log begins; undefined when no mail is recent enough. */
  from: Date | undefined;
  /** Mails that are too old to ask Sweego about, and since when the oldest one waits. */
  tooOld: { count: number; oldest: Date } | undefined;
};

/**
 * The window from the oldest pending mail until now, but not longer than `mostDays`: Sweego keeps its log for a limited
 * time, and each day costs requests. Older mails are counted separately, so that they can be reported.
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
 * The From domains to ask Sweego about, because `domains` of its log filters by From. These are the domains of the users'
 * addresses. A mail server with another filter writes an address of the alias domain or of its filter instead.
 */
export function domainsToAsk(
  fromDomains: readonly (string | null)[],
  aliasDomains: readonly string[],
  fromFilters: readonly (string | null)[],
): string[] {
  const names = [...fromDomains, ...aliasDomains, ...fromFilters.flatMap(partsOf)].map(domainName);
  return [...new Set(names)].filter((name) => name !== '').sort();
}

/** A mail appears in Sweego's log a minute or two after it was sent. */
const shownAfterMs = 15 * minuteMs;

/**
 * The From domains that must have rows in Sweego's log: mails were sent from them within the window, and no filter of a
 * mail server changed their From address.
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

/** Sweego knows internationalised domains only in this form. */
function domainName(text: string | null): string {
  return domainToASCII((text ?? '').trim().replace(/^.*@/, '').toLowerCase());
}

function leastOf(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((least, each) => Math.min(least, each));
}
