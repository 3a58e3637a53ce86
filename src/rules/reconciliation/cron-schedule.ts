import { Cron } from 'croner';

/** The minutes (in UTC) that a cron expression names. */
export type CronSchedule = {
  expression: string;
  /** The newest minute after `after` and not after `until`; undefined when there is none. */
  newest(after: Date, until: Date): Date | undefined;
};

/** Why an expression is not a schedule. `never due`: none of its months has such a day. */
export type CronFault = 'unreadable' | 'never due';

/**
 * Reads the five fields of a crontab. Times are in UTC, which has no summer time, so every minute of a day comes exactly
 * once. When day of month and day of week are both restricted, one match is enough.
 *
 * @see POSIX, crontab
 */
export function parseCronSchedule(expression: string): CronSchedule | CronFault {
  const cron = readExpression(expression);
  if (cron === undefined) return 'unreadable';
  // A schedule that is ever due was also due before 1970.
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
    // Croner starts a timer only for a function, and none is given here.
    return new Cron(expression, { mode: '5-part', timezone: 'UTC' });
  } catch {
    // Croner's error quotes the expression, and the fix is the same for every error.
    return undefined;
  }
}

function newestBefore(cron: Cron, instantMs: number): Date | undefined {
  return cron.previousRuns(1, new Date(instantMs))[0];
}
