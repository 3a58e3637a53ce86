import { Cron } from 'croner';

/** Which minutes (UTC) a cron expression names. */
export type CronSchedule = {
  expression: string;
  /** The newest of them after `after` and not after `until`; undefined when there is none. */
  newest(after: Date, until: Date): Date | undefined;
};

/** Why an expression is no schedule. `never due`: none of the months that it names has such a day. */
export type CronFault = 'unreadable' | 'never due';

/**
 * Reads the five fields of a crontab. Times are UTC, where every half hour happens once a day, whatever the clocks
 * of people do. Where day of month and day of week are both restricted, either is enough.
 *
 * @see POSIX, crontab
 */
export function parseCronSchedule(expression: string): CronSchedule | CronFault {
  const cron = readExpression(expression);
  if (cron === undefined) return 'unreadable';
  // Whatever happens at all has happened before 1970 too.
  if (newestBefore(cron, 0) === undefined) return 'never due';
  return {
    expression,
    newest(after, until) {
      const newest = newestBefore(cron, until.getTime() + 1);
      return newest !== undefined && newest > after ? newest : undefined;
    },
  };
}

function readExpression(expression: string): Cron | undefined {
  try {
    // Without a function to call, it starts no timer.
    return new Cron(expression, { mode: '5-part', timezone: 'UTC' });
  } catch {
    // Croner's message quotes the expression; the fix is the same for all of them.
    return undefined;
  }
}

function newestBefore(cron: Cron, instantMs: number): Date | undefined {
  return cron.previousRuns(1, new Date(instantMs))[0];
}
