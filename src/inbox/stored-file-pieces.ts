/** How large the stored pieces of a file are at most, bytes. */
const pieceBytes = 1024 * 1024;

/**
 * The same bytes in pieces of 1 MiB, the last one shorter, however they come. A piece is a copy, so that a
 * reader who uses his buffer again does no harm.
 */
export async function* piecesOf(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let piece = new Uint8Array(pieceBytes);
  let filled = 0;
  for await (const bytes of content) {
    for (let at = 0; at < bytes.byteLength;) {
      const part = bytes.subarray(at, at + pieceBytes - filled);
      piece.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
      if (filled < pieceBytes) continue;
      yield piece;
      piece = new Uint8Array(pieceBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
