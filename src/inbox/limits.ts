/** How many bytes of bodies one claim hands out, give or take the last one: 500 replies of 30 MB do not fit. */
export const maxClaimedBytes = 64 * 1024 * 1024;

/** From so many releases on an entry is handed out alone, so that it ends nobody's claim but its own. */
export const releasesUntilAlone = 2;

/** After this many crashes while the entry was held, the entry is presumed to cause them. */
export const mostReleases = 5;

/** Why such an entry is parked. */
export const crashesWorker =
  `INBOX_CRASHES_WORKER: the bridge crashed ${mostReleases} times while it worked on this entry, the last times on ` +
  'nothing else';

/** How much one step of retention erases, bytes, give or take one entry: intake waits behind its commit. */
const maxErasedBytes = 16 * 1024 * 1024;

/** Ids of the first rows, as many as may be erased in one step. @param rows `id` and `bytes` of entries */
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
