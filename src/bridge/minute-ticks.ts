import { schedule } from 'node-cron';

/** Calls `onTick` regularly until it is closed. */
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

/** Node-cron's own log lines are not JSON, so they must not mix with the bridge's log. */
const silent = { info() {}, warn() {}, error() {}, debug() {} };
