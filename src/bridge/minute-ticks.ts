import { schedule } from 'node-cron';

/** Calls `onTick` again and again until it is closed. */
export type OpenTicks = (onTick: () => void) => { close(): void };

/**
 * Calls `onTick` at the beginning of each minute. The process must run in UTC: node-cron counts in the local time of
 * the process, and misses an hour of the night in which clocks are set back. It also stays silent for as long as the
 * computer's clock was set back.
 */
export const openMinuteTicks: OpenTicks = (onTick) => {
  const task = schedule('* * * * *', onTick, { logger: silent, suppressMissedWarning: true });
  return { close: () => void task.destroy() };
};

/** Its own lines are no JSON, and would stand between those of the bridge's log. */
const silent = { info() {}, warn() {}, error() {}, debug() {} };
