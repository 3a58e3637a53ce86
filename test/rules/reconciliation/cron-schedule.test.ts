import { constantFrom, integer, oneof, property, tuple, assert as check } from 'fast-check';
import { createTask, validate } from 'node-cron';
import { describe, expect, it } from 'vitest';
import { parseCronSchedule } from '../../../src/rules/reconciliation/cron-schedule.ts';
import { cronSchedule } from '../../support/cron-schedule.ts';

const instant = (text: string) => new Date(`${text}Z`);

/** Whether an expression names this minute. */
function names(expression: string, at: Date): boolean {
  return cronSchedule(expression).newest(new Date(at.getTime() - 1), at) !== undefined;
}

describe('a schedule', () => {
  const hits = (expression: string, times: readonly string[]) =>
    times.map((time) => names(expression, instant(time)));

  it('names minutes by numbers, lists, ranges and steps', () => {
    expect(hits('5,10-12 8-18/2 * * *', ['2026-11-25T08:05:00', '2026-11-25T10:11:00'])).toEqual([
      true,
      true,
    ]);
    expect(hits('5,10-12 8-18/2 * * *', ['2026-11-25T09:05:00', '2026-11-25T10:13:00'])).toEqual([
      false,
      false,
    ]);
    expect(hits('10-59/20 * * * *', ['2026-11-25T08:10:00', '2026-11-25T08:50:00'])).toEqual([true, true]);
  });

  it('gives the newest minute within a span, even of years', () => {
    const newest = (expression: string, after: string, until: string) =>
      cronSchedule(expression).newest(instant(after), instant(until))?.toISOString();
    expect(newest('0 0 29 2 *', '2024-03-01T00:00:00', '2028-02-28T23:59:00')).toBeUndefined();
    expect(newest('5 4 29 2 *', '2024-03-01T00:00:00', '2031-01-01T00:00:00')).toBe(
      '2028-02-29T04:05:00.000Z',
    );
    expect(newest('*/30 * * * *', '2026-11-25T10:00:00', '2026-11-25T10:29:59')).toBeUndefined();
    expect(newest('*/30 * * * *', '2026-11-25T10:00:00', '2026-11-25T11:29:59')).toBe(
      '2026-11-25T11:00:00.000Z',
    );
    expect(newest('*/30 * * * *', '2026-11-25T10:00:00', '2026-11-25T10:30:00')).toBe(
      '2026-11-25T10:30:00.000Z',
    );
    expect(newest('*/30 * * * *', '2026-11-25T10:00:00', '2026-11-25T10:30:00.400')).toBe(
      '2026-11-25T10:30:00.000Z',
    );
  });

  it('is due on either of two restricted days, and reads 7 as Sunday', () => {
    // The 1st of November 2026 is a Sunday.
    expect(hits('0 0 15 * 0', ['2026-11-15T00:00:00', '2026-11-22T00:00:00'])).toEqual([true, true]);
    expect(hits('0 0 * * 7', ['2026-11-01T00:00:00', '2026-11-02T00:00:00'])).toEqual([true, false]);
    expect(hits('0 0 1 11 *', ['2026-11-01T00:00:00', '2026-12-01T00:00:00'])).toEqual([true, false]);
  });

  it.each([
    ['', 'unreadable'],
    ['* * * *', 'unreadable'],
    ['* * * * * *', 'unreadable'],
    ['60 * * * *', 'unreadable'],
    ['* 24 * * *', 'unreadable'],
    ['*/0 * * * *', 'unreadable'],
    ['*/61 * * * *', 'unreadable'],
    ['10/20 * * * *', 'unreadable'],
    ['5-1 * * * *', 'unreadable'],
    ['* * 0 * *', 'unreadable'],
    ['a * * * *', 'unreadable'],
    ['0 0 31 2 *', 'never due'],
    ['0 0 31 4,6 *', 'never due'],
  ])('is not %j, which is %s', (expression, fault) => {
    expect(parseCronSchedule(expression)).toBe(fault);
  });

  it('is the same for the same moment in any time zone of the computer', () => {
    const schedule = cronSchedule('15 */6 * * *');
    const ask = () => schedule.newest(instant('2031-05-05T05:00:00'), instant('2031-05-05T07:00:00'));
    expect(ask()).toEqual(instant('2031-05-05T06:15:00'));
    expect(ask()).toEqual(ask());
  });
});

/** One part of a field: a number, a range, a step or a star. */
const part = (least: number, most: number) => {
  const value = integer({ min: least, max: most });
  const range = tuple(value, value).map(([one, other]) => [Math.min(one, other), Math.max(one, other)]);
  const step = integer({ min: 1, max: most });
  return oneof(
    constantFrom('*'),
    value.map(String),
    range.map((ends) => ends.join('-')),
    step.map((every) => `*/${every}`),
    tuple(range, step).map(([ends, every]) => `${ends.join('-')}/${every}`),
    tuple(value, value).map((values) => values.join(',')),
  );
};

const star = constantFrom('*');
const month = oneof(part(1, 12), constantFrom('jan', 'FEB', 'dec'));
const monthDay = oneof(part(1, 31), constantFrom('L'));
const weekday = oneof(part(0, 7), constantFrom('mon', 'SUN', 'tue-thu', '5#2'));
const oneRestrictedDay = oneof(tuple(monthDay, month, star), tuple(star, month, weekday));
const expressions = tuple(part(0, 59), part(0, 23), oneRestrictedDay).map(([minute, hour, day]) =>
  [minute, hour, ...day].join(' '),
);
const minutes = integer({ min: 0, max: 10 * 366 * 24 * 60 - 1 }).map(
  (minute) => new Date(Date.UTC(2024, 0, 1) + minute * 60_000),
);

describe('node-cron and croner', () => {
  it('refuse the same expressions and read the others the same way', () => {
    check(
      property(expressions, minutes, (expression, somewhen) => {
        const schedule = parseCronSchedule(expression);
        expect(validate(expression), expression).toBe(typeof schedule !== 'string');
        if (typeof schedule === 'string') return;
        const task = createTask(expression, () => undefined);
        // The minute before may not match, so both answers are tested.
        const due = schedule.newest(new Date(0), somewhen) ?? expect.fail(expression);
        for (const at of [due, new Date(due.getTime() - 60_000), somewhen]) {
          expect(names(expression, at), `${expression} at ${at.toISOString()}`).toBe(task.match(at));
        }
        void task.destroy();
      }),
      { numRuns: 400 },
    );
  });

  it('differ when both days are restricted: croner is due on either, like a crontab', () => {
    // The 13th of November 2026 is a Friday.
    const task = createTask('0 0 13 * 5', () => undefined);
    const times = ['2026-11-13', '2026-11-20', '2026-12-13'].map((day) => instant(`${day}T00:00:00`));
    expect(times.map((at) => names('0 0 13 * 5', at))).toEqual([true, true, true]);
    expect(times.map((at) => task.match(at))).toEqual([true, false, false]);
    void task.destroy();
  });
});
