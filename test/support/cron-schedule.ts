import { expect } from 'vitest';
import { parseCronSchedule } from '../../src/rules/reconciliation/cron-schedule.ts';
import type { CronSchedule } from '../../src/rules/reconciliation/cron-schedule.ts';

/** The schedule that an expression names; anything else fails the test. */
export function cronSchedule(expression: string): CronSchedule {
  const schedule = parseCronSchedule(expression);
  return typeof schedule === 'string' ? expect.fail(`${expression} is ${schedule}`) : schedule;
}
