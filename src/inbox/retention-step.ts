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
