import type { ParkReason } from './entry.ts';

/** How many bytes of bodies one claim hands out, give or take the last body: 500 replies of 30 MB do not fit. */
export const maxClaimedBytes = 64 * 1024 * 1024;

/** From this many releases on, an entry is handed out alone, so that a crash it causes interrupts no other entry. */
export const releasesUntilAlone = 2;

/** After this many crashes while the entry was held, the entry is presumed to cause them. */
export const mostReleases = 5;

/** Why such an entry is parked. */
export const crashesWorker: ParkReason = {
  code: 'INBOX_CRASHES_WORKER',
  reason: `the bridge crashed ${mostReleases} times while it worked on this entry, the last times on nothing else`,
};

/** How many bytes one step of retention erases, give or take one entry: webhooks wait for its commit. */
const maxErasedBytes = 16 * 1024 * 1024;

/**
 * As many of the first entries as one step of retention may erase.
 *
 * @param rows `id` and `bytes` of entries
 */
export function takeErasable(rows: readonly Readonly<Record<string, unknown>>[]): number[] {
  const ids: number[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (bytes >= maxErasedBytes) break;
    ids.push(row['id'] as number);
    bytes += row['bytes'] as number;
  }
  return ids;
}
