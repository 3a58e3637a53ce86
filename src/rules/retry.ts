/** Seconds before each retry while Odoo does not show the message. After the last one it is not a message of this Odoo. */
const unknownMessageSeconds = [5, 30, 120, 600, 3600];
/** Seconds before each retry of an entry that failed. After the last one it is parked. */
const failedEntrySeconds = [5, 30, 120, 600, 3600, 21_600];
/** Seconds before each retry while Odoo sends the message. The last value repeats. */
const sendingSeconds = [2, 5, 15, 60, 300];

/**
 * How long to wait for a message that Odoo does not show. A mail is sent inside the user's transaction and is invisible
 * until its commit, so a missing message is normal at first.
 *
 * @param waits how often the entry has waited so far
 * @returns milliseconds, or undefined after the last wait
 */
export function unknownMessageDelayMs(waits: number): number | undefined {
  return toMilliseconds(unknownMessageSeconds[waits]);
}

/**
 * How long to wait after a failure of the entry itself.
 *
 * @param attempts how often it failed before
 * @returns milliseconds, or undefined when the entry must be parked
 */
export function failedEntryDelayMs(attempts: number): number | undefined {
  return toMilliseconds(failedEntrySeconds[attempts]);
}

/** How long to wait while a mail of the message is `outgoing`. There is no last wait. */
export function sendingDelayMs(waits: number): number {
  return (sendingSeconds[Math.min(waits, sendingSeconds.length - 1)] ?? 300) * 1000;
}

/**
 * How long to pause after a failure of Odoo: 1 s, doubled with each further failure, up to a minute. A random part of up
 * to half is taken off, so that several bridges do not return at the same moment.
 *
 * @param failures number of failures in a row, at least 1
 * @param random between 0 and 1
 */
export function pauseMs(failures: number, random: number): number {
  const full = Math.min(60_000, 1000 * 2 ** (failures - 1));
  return Math.round(full * (1 - random / 2));
}

function toMilliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
