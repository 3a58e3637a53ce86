/** Many byte strings as one, with where each begins (from 1, as SQL counts) and how long it is. */
export type JoinedBytes = { all: Uint8Array; starts: number[]; lengths: number[] };

/**
 * Joins byte strings into one parameter, which the server cuts again with `substring(all FROM start FOR length)`.
 * The driver sends a single one as it is; an array of them it would write as hexadecimal text of twice the size.
 */
export function joinBytes(parts: readonly Uint8Array[]): JoinedBytes {
  const lengths = parts.map(({ byteLength }) => byteLength);
  let next = 1;
  const starts = lengths.map((length) => {
    const start = next;
    next += length;
    return start;
  });
  return { all: Buffer.concat(parts), starts, lengths };
}
