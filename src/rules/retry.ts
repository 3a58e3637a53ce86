/** Seconds before each further look for a message that Odoo does not show yet; then it is not ours. */
const unknownMessageSeconds = [5, 30, 120, 600, 3600];
/** Seconds before each further try of an entry that failed by itself; then it is parked. */
const failedEntrySeconds = [5, 30, 120, 600, 3600, 21_600];
/** Seconds before looking again at a message that Odoo is sending; the last one repeats. */
const sendingSeconds = [2, 5, 15, 60, 300];

/**
 * How long to wait for a message that Odoo does not know: a mail sent inside the user's transaction is
 * invisible until its commit, so not knowing it is normal at first.
 *
 * @param waits how often the entry has waited so far
 * @returns milliseconds, or undefined when it has waited long enough
 */
export function unknownMessageDelayMs(waits: number): number | undefined {
  return toMilliseconds(unknownMessageSeconds[waits]);
}

/**
 * How long to wait after an entry's own failure.
 *
 * @param attempts how often it has failed before
 * @returns milliseconds, or undefined when it must be parked
 */
export function failedEntryDelayMs(attempts: number): number | undefined {
  return toMilliseconds(failedEntrySeconds[attempts]);
}

/** How long to wait while a mail of the message is `outgoing`; there is no last time. */
export function sendingDelayMs(waits: number): number {
  return (sendingSeconds[Math.min(waits, sendingSeconds.length - 1)] ?? 300) * 1000;
}

/**
 * How long to leave a failing Odoo alone: 1 s doubled each time up to a minute, shortened at random by up
 * to half so that several bridges do not come back together.
 *
 * @param failures failures in a row, at least 1
 * @param random between 0 and 1
 */
export function pauseMs(failures: number, random: number): number {
  const full = Math.min(60_000, 1000 * 2 ** (failures - 1));
  return Math.round(full * (1 - random / 2));
}

function toMilliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
