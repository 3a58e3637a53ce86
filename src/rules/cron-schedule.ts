/** Which minutes (UTC) a cron expression names. */
export type CronSchedule = {
  matches(at: Date): boolean;
};

/** Least and most of minute, hour, day of month, month and day of week (0 and 7 are Sunday). */
const ranges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/**
 * Reads five fields of numbers, `*`, lists, ranges and steps; undefined when they name no minute that exists.
 * Times are UTC, where every half hour happens once a day, whatever the clocks of people do. Where both days are
 * restricted, either is enough.
 *
 * @see POSIX, crontab
 */
export function parseCronSchedule(expression: string): CronSchedule | undefined {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== ranges.length) return undefined;
  const parsed = fields.map((field, index) => valuesOf(field, ranges[index] ?? [0, 0]));
  const [minutes, hours, days, months, weekdays] = parsed;
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  const isAnyDay = fields[2] === '*' || fields[4] === '*';
  return {
    matches(at) {
      const isDay = days.has(at.getUTCDate());
      const isWeekday = weekdays.has(at.getUTCDay()) || (at.getUTCDay() === 0 && weekdays.has(7));
      return (
        minutes.has(at.getUTCMinutes()) &&
        hours.has(at.getUTCHours()) &&
        months.has(at.getUTCMonth() + 1) &&
        (isAnyDay ? isDay && isWeekday : isDay || isWeekday)
      );
    },
  };
}

function valuesOf(field: string, [least, most]: readonly [number, number]): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
    if (match === null) return undefined;
    const [, first, last, written] = match;
    const step = written === undefined ? 1 : Number(written);
    const from = first === undefined ? least : Number(first);
    const isOpen = first === undefined || written !== undefined;
    const to = last === undefined ? (isOpen ? most : from) : Number(last);
    if (step === 0 || from < least || to > most || from > to) return undefined;
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}
