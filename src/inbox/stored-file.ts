import { createHash } from 'node:crypto';
import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import type { StoredFile } from './inbox.ts';

/** The largest stored piece of a file, bytes. */
const pieceBytes = 1024 * 1024;

/**
 * The same bytes in pieces of 1 MiB, the last one shorter, however they arrive. A piece is a copy, so that the source
 * may reuse its buffer.
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

/** Where an engine stores the pieces of one file. */
type PieceStore = {
  /** Stores one piece, in a transaction of its own: a slow download must keep none open. */
  add(position: number, piece: Uint8Array): Promise<void>;
  /** After this the file exists. */
  finish(stored: StoredFile): Promise<void>;
  /** Removes the stored pieces. Never throws: the caller reports the error that stopped the storing. */
  forget(): Promise<void>;
};

/** @throws whatever `content` or the store throws, once the stored pieces are removed */
export async function storePieces(
  name: string,
  content: AsyncIterable<Uint8Array>,
  store: PieceStore,
): Promise<StoredFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let position = 0;
  try {
    for await (const piece of piecesOf(content)) {
      await store.add(position, piece);
      hash.update(piece);
      sizeBytes += piece.byteLength;
      position += 1;
    }
    const stored = { name, sizeBytes, sha256: hash.digest('hex') };
    await store.finish(stored);
    return stored;
  } catch (error) {
    await store.forget();
    throw error;
  }
}

/**
 * @param read the bytes of the piece at a position; undefined when the file was replaced or erased meanwhile
 * @throws BridgeError INBOX_FILE_UNKNOWN
 */
export async function* readPieces(
  entryId: number,
  sizeBytes: number,
  read: (position: number) => Promise<Uint8Array | undefined>,
): AsyncIterable<Uint8Array> {
  let left = sizeBytes;
  for (let position = 0; left > 0; position += 1) {
    const bytes = await read(position);
    if (bytes === undefined) throw fileUnknown(entryId);
    left -= bytes.byteLength;
    yield bytes;
  }
}

/** The entry does not exist, or is erased and must hold no personal data again. */
export function storedFileEntryUnknown(entryId: number): BridgeError {
  const what = `Entry ${entryId} does not exist, or was erased: no file can be kept for it`;
  return bridgeError('INBOX_ENTRY_UNKNOWN', what, {
    fix: 'Do not work on it any more.',
    scope: 'entry',
    details: { entry: entryId },
  });
}

export function fileUnknown(entryId: number): BridgeError {
  return bridgeError('INBOX_FILE_UNKNOWN', `Entry ${entryId} does not have this file, or not any more`, {
    details: { entry: entryId },
  });
}
