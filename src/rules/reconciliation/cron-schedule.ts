/** Which minutes (UTC) a cron expression names. */
export type CronSchedule = {
  matches(at: Date): boolean;
  /** The newest of them after `after` and not after `until`; undefined when there is none. */
  newest(after: Date, until: Date): Date | undefined;
};

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** Days that a month can have. */
const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

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
  const isPossible = [...months].some((month) => Math.min(...days) <= (longestMonths[month - 1] ?? 0));
  if (!isPossible && isAnyDay) return undefined;

  function matchesDay(at: Date): boolean {
    const isDay = days?.has(at.getUTCDate()) === true;
    const isWeekday =
      weekdays?.has(at.getUTCDay()) === true || (at.getUTCDay() === 0 && weekdays?.has(7) === true);
    return months?.has(at.getUTCMonth() + 1) === true && (isAnyDay ? isDay && isWeekday : isDay || isWeekday);
  }
  function matches(at: Date): boolean {
    return (
      minutes?.has(at.getUTCMinutes()) === true && hours?.has(at.getUTCHours()) === true && matchesDay(at)
    );
  }
  return {
    matches,
    newest(after, until) {
      let at = Math.floor(until.getTime() / minuteMs) * minuteMs;
      while (at > after.getTime()) {
        const minute = new Date(at);
        if (matches(minute)) return minute;
        // A day that is not named is passed over at once: a yearly schedule is asked every minute too.
        at = matchesDay(minute) ? at - minuteMs : Math.floor(at / dayMs) * dayMs - minuteMs;
      }
      return undefined;
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
