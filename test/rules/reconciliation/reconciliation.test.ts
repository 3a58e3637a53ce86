import { afterEach, describe, expect, it } from 'vitest';
import {
  decideRun,
  domainsSentFrom,
  domainsToAsk,
  reconciliationWindow,
} from '../../../src/rules/reconciliation/reconciliation.ts';
import { cronSchedule } from '../../support/cron-schedule.ts';

const minuteMs = 60_000;
const on = { is_on: true, every_minutes: 30 };
/** No request by hand and no pause. */
const calm = { requestedAt: null, servedRequest: undefined, notBefore: undefined };
const instant = (text: string) => new Date(`${text}Z`);

/** Asks every minute, as serve does, and returns the decisions. Each run lasts `runsFor` minutes. */
function wakeEachMinute(options: {
  expression: string;
  from: Date;
  minutes: number;
  runsFor?: number;
  setting?: { is_on: boolean; every_minutes: number };
}) {
  const { expression, from, minutes, runsFor = 0, setting = on } = options;
  const decisions: string[] = [];
  let lastSlot: Date | undefined = new Date(from.getTime() - 1);
  let runningUntil = 0;
  for (let minute = 0; minute < minutes; minute += 1) {
    const now = new Date(from.getTime() + minute * minuteMs + 400);
    const isRunning = now.getTime() < runningUntil;
    const decision = decideRun({
      ...calm,
      cron: cronSchedule(expression),
      setting,
      lastSlot,
      isRunning,
      now,
    });
    if (decision.kind !== 'run' && decision.kind !== 'skip') continue;
    lastSlot = decision.slot;
    decisions.push(`${decision.kind} ${decision.slot.toISOString().slice(0, 16)}`);
    if (decision.kind === 'run') runningUntil = now.getTime() + runsFor * minuteMs;
  }
  return decisions;
}

describe('when a run is due', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it.each(['2027-03-28', '2027-10-31', '2027-06-01'])(
    'every half hour of %s comes once in Europe/Paris, even when summer time changes',
    (day) => {
      process.env['TZ'] = 'Europe/Paris';
      const from = new Date(instant(`${day}T00:00:00`).getTime() - 12 * 60 * minuteMs);
      const decisions = wakeEachMinute({ expression: '*/30 * * * *', from, minutes: 48 * 60 });
      expect(decisions).toHaveLength(96);
      expect(new Set(decisions).size).toBe(96);
    },
  );

  it('a daily job at 02:30 runs once on each day around the change of summer time', () => {
    process.env['TZ'] = 'Europe/Paris';
    const decisions = wakeEachMinute({
      expression: '30 2 * * *',
      from: instant('2027-03-26T00:00:00'),
      minutes: 5 * 24 * 60,
    });
    expect(decisions).toEqual(['26', '27', '28', '29', '30'].map((day) => `run 2027-03-${day}T02:30`));
  });

  it('a run of 45 minutes skips the next slot of a 30-minute schedule once', () => {
    const from = instant('2026-11-25T10:00:00');
    const decisions = wakeEachMinute({ expression: '*/30 * * * *', from, minutes: 90, runsFor: 45 });
    expect(decisions).toEqual(['run 2026-11-25T10:00', 'skip 2026-11-25T10:30', 'run 2026-11-25T11:00']);
  });

  it('Odoo’s switch stops it, and another interval than the preset overrides the cron', () => {
    const from = instant('2026-11-25T00:00:00');
    const day = { expression: '*/30 * * * *', from, minutes: 24 * 60 };
    expect(wakeEachMinute({ ...day, setting: { is_on: false, every_minutes: 30 } })).toEqual([]);
    expect(wakeEachMinute({ ...day, setting: { is_on: true, every_minutes: 120 } })).toHaveLength(12);
    expect(wakeEachMinute({ ...day, setting: { is_on: true, every_minutes: 10 } })).toHaveLength(144);
    expect(wakeEachMinute({ ...day, expression: '0 6 * * *' })).toEqual(['run 2026-11-25T06:00']);
  });

  it('one run makes up for all missed slots', () => {
    const question = { ...calm, cron: cronSchedule('*/30 * * * *'), setting: on, isRunning: false };
    const now = instant('2026-11-25T10:07:00');
    expect(decideRun({ ...question, now, lastSlot: instant('2026-11-20T10:00:00') })).toEqual({
      kind: 'run',
      slot: instant('2026-11-25T10:00:00'),
    });
    expect(decideRun({ ...question, now, lastSlot: instant('2026-11-25T10:00:00') }).kind).toBe('wait');
  });

  it('the very first run waits for its slot', () => {
    const question = { ...calm, cron: cronSchedule('*/30 * * * *'), isRunning: false, lastSlot: undefined };
    const decide = (time: string, every_minutes = 30) =>
      decideRun({ ...question, setting: { is_on: true, every_minutes }, now: instant(`2026-11-25T${time}`) });
    expect(decide('10:07:00').kind).toBe('wait');
    expect(decide('10:32:59')).toEqual({ kind: 'run', slot: instant('2026-11-25T10:30:00') });
    expect(decide('10:30:59')).toEqual({ kind: 'run', slot: instant('2026-11-25T10:30:00') });
    expect(decide('10:30:00', 120).kind).toBe('wait');
    expect(decide('12:00:10', 120).kind).toBe('run');
  });

  it('a clock that was set back does not stop it', () => {
    const question = { ...calm, cron: cronSchedule('*/30 * * * *'), setting: on, isRunning: false };
    const now = instant('2026-11-25T10:30:00');
    expect(decideRun({ ...question, now, lastSlot: instant('2026-12-25T10:00:00') }).kind).toBe('run');
    const notBefore = instant('2026-12-25T10:00:00');
    expect(decideRun({ ...question, now, lastSlot: undefined, notBefore }).kind).toBe('run');
  });

  it('a pause for Sweego or Odoo is kept, and its slot is made up for afterwards', () => {
    const question = { ...calm, cron: cronSchedule('*/30 * * * *'), setting: on, isRunning: false };
    const paused = { ...question, lastSlot: undefined, notBefore: instant('2026-11-25T10:40:00') };
    expect(decideRun({ ...paused, now: instant('2026-11-25T10:30:10') }).kind).toBe('wait');
    const lastSlot = instant('2026-11-25T10:00:00');
    expect(decideRun({ ...paused, lastSlot, now: instant('2026-11-25T10:40:10') })).toEqual({
      kind: 'run',
      slot: instant('2026-11-25T10:30:00'),
    });
  });

  it('a request by an administrator is served once, even while the schedule is off, and after a running one', () => {
    const requestedAt = instant('2026-11-25T10:05:00');
    const question = {
      ...calm,
      cron: cronSchedule('*/30 * * * *'),
      setting: { is_on: false, every_minutes: 30 },
      lastSlot: instant('2026-11-25T10:00:00'),
      isRunning: false,
      now: instant('2026-11-25T10:06:00'),
      requestedAt,
    };
    expect(decideRun(question)).toEqual({ kind: 'run_by_hand', request: requestedAt });
    expect(decideRun({ ...question, isRunning: true }).kind).toBe('wait');
    expect(decideRun({ ...question, servedRequest: requestedAt }).kind).toBe('off');
    expect(decideRun({ ...question, servedRequest: instant('2026-11-24T10:00:00') }).kind).toBe(
      'run_by_hand',
    );
  });
});

describe('the window of a reconciliation', () => {
  const now = instant('2026-11-25T10:00:00');
  const daysAgo = (days: number) => new Date(now.getTime() - days * 24 * 60 * minuteMs);
  const sent = (days: number, created = days, fromDomain: string | null = 'acme.fr') => ({
    createdAt: daysAgo(created),
    since: daysAgo(days),
    fromDomain,
  });

  it('begins with the oldest pending mail', () => {
    expect(reconciliationWindow([sent(2), sent(5), sent(1)], 7, now)).toEqual({
      from: daysAgo(5),
      tooOld: undefined,
    });
  });

  it('goes back seven days at most, and counts what is older', () => {
    expect(reconciliationWindow([sent(9), sent(12), sent(3)], 7, now)).toEqual({
      from: daysAgo(3),
      tooOld: { count: 2, oldest: daysAgo(12) },
    });
    expect(reconciliationWindow([sent(9)], 7, now).from).toBeUndefined();
    expect(reconciliationWindow([sent(9)], 30, now).from).toEqual(daysAgo(9));
  });

  it('includes a mail that was created long ago and sent again recently', () => {
    expect(reconciliationWindow([sent(1, 20)], 7, now)).toEqual({
      from: daysAgo(7),
      tooOld: undefined,
    });
  });

  it('covers the domains that mails are sent from, not only those of replies', () => {
    expect(
      domainsToAsk(['acme.fr', null, 'ACME.fr'], ['reply.acme.fr'], [null, 'bücher.example, a@b.example']),
    ).toEqual(['acme.fr', 'b.example', 'reply.acme.fr', 'xn--bcher-kva.example']);
  });

  it('must have rows for domains from which its mails were sent at least 15 minutes ago', () => {
    const window = { from: daysAgo(7), now };
    const minute = 1 / (24 * 60);
    const mails = [
      sent(9, 9, 'old.fr'),
      sent(1, 9, 'acme.fr'),
      sent(14 * minute, 1, 'young.fr'),
      sent(1, 1, null),
    ];
    expect(domainsSentFrom(mails, [null], window)).toEqual(new Set(['acme.fr']));
    expect(domainsSentFrom(mails, ['young.fr, me@acme.fr'], window)).toEqual(new Set());
    expect(domainsSentFrom(mails, ['young.fr', 'ACME.fr'], window)).toEqual(new Set(['acme.fr']));
  });
});
