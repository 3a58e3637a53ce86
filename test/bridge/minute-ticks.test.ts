import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openMinuteTicks } from '../../src/bridge/minute-ticks.ts';
import { decideRun } from '../../src/rules/reconciliation/reconciliation.ts';
import { cronSchedule } from '../support/cron-schedule.ts';

const minuteMs = 60_000;
const hoursMs = 60 * minuteMs;

/** The instants of all ticks within these hours, with timers that only the test moves. */
async function ticksOf(start: Date, hours: number): Promise<Date[]> {
  vi.useFakeTimers({ now: start, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  const ticks: Date[] = [];
  const opened = openMinuteTicks(() => ticks.push(new Date()));
  await vi.advanceTimersByTimeAsync(hours * hoursMs);
  opened.close();
  await vi.advanceTimersByTimeAsync(10 * minuteMs);
  return ticks;
}

/** The slots of a schedule that are run when the reconciler is woken at these instants. */
function slotsRun(expression: string, ticks: readonly Date[]): string[] {
  const slots: Date[] = [];
  for (const now of ticks) {
    const decision = decideRun({
      cron: cronSchedule(expression),
      setting: { is_on: true, every_minutes: 30 },
      lastSlot: slots.at(-1),
      requestedAt: null,
      servedRequest: undefined,
      notBefore: undefined,
      isRunning: false,
      now,
    });
    if (decision.kind === 'run') slots.push(decision.slot);
  }
  return slots.map((slot) => slot.toISOString().slice(0, 16));
}

describe('ticks in a process that runs in UTC, as serve does', () => {
  const zone = process.env['TZ'];
  beforeEach(() => {
    // As serve does when its environment names another zone.
    process.env['TZ'] = 'Europe/Paris';
    process.env['TZ'] = 'UTC';
  });
  afterEach(() => {
    vi.useRealTimers();
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it.each([
    ['autumn', '2027-10-30T20:00:00Z'],
    ['spring', '2027-03-27T20:00:00Z'],
  ])('come once a minute in the %s night in which Paris changes its clocks', async (_, start) => {
    const from = new Date(start);
    const ticks = await ticksOf(new Date(from.getTime() - 500), 12);
    const expected = Array.from({ length: 720 }, (_, minute) => new Date(from.getTime() + minute * minuteMs));
    expect(ticks.map((at) => Math.round(at.getTime() / 1000))).toEqual(
      expected.map((at) => at.getTime() / 1000),
    );
    const halfHours = expected.filter((at) => at.getUTCMinutes() % 30 === 0);
    expect(slotsRun('*/30 * * * *', ticks)).toEqual(halfHours.map((at) => at.toISOString().slice(0, 16)));
  });

  it('stop when they are closed', async () => {
    const ticks = await ticksOf(new Date('2027-06-01T10:00:30Z'), 1);
    expect(ticks).toHaveLength(60);
  });
});
