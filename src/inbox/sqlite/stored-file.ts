import { bytesOf, storedFileOf } from '../entry-row.ts';
import type { Inbox, StoredFile } from '../inbox.ts';
import { fileUnknown, storedFileEntryUnknown, readPieces, storePieces } from '../stored-file.ts';
import { findStanding } from './operator.ts';
import type { Session } from './session.ts';
import { reading, inWriteTransaction } from './transaction.ts';

/**
 * `storeFile`, `files` and `readFile` of the contract. A file is stored piece by piece, each in a transaction of its
 * own, and exists once its hash is written. Pieces that a crashed process left are deleted when a file of the same name
 * is stored, or with the entry's contents.
 */
export function fileOperations(session: Session): Pick<Inbox, 'storeFile' | 'files' | 'readFile'> {
  return {
    async storeFile(entryId, name, content) {
      const id = await inWriteTransaction(session, () => addFile(session, entryId, name));
      return storePieces(name, content, {
        add: (position, piece) => inWriteTransaction(session, () => addPiece(session, id, position, piece)),
        finish: (stored) => inWriteTransaction(session, () => finishFile(session, id, entryId, stored)),
        forget: () => forgetFile(session, id),
      });
    },

    files: (entryId) =>
      reading(() =>
        session
          .all(
            `SELECT name, size_bytes, sha256 FROM file WHERE entry_id = ? AND sha256 IS NOT NULL
             ORDER BY place`,
            [entryId],
          )
          .map(storedFileOf),
      ),

    async *readFile(entryId, name) {
      const file = await reading(() =>
        session.first(
          'SELECT id, size_bytes FROM file WHERE entry_id = ? AND name = ? AND sha256 IS NOT NULL',
          [entryId, name],
        ),
      );
      if (file === undefined) throw fileUnknown(entryId);
      yield* readPieces(entryId, file['size_bytes'] as number, (position) =>
        reading(() => {
          const piece = session.first('SELECT bytes FROM file_chunk WHERE file_id = ? AND position = ?', [
            file['id'] as number,
            position,
          ]);
          return piece && bytesOf(piece['bytes']);
        }),
      );
    },
  };
}

function requireContents(session: Session, entryId: number): void {
  const entry = findStanding(session, entryId);
  if (entry === undefined || entry.isErased) throw storedFileEntryUnknown(entryId);
}

function addFile(session: Session, entryId: number, name: string): number {
  requireContents(session, entryId);
  return session.run('INSERT INTO file (entry_id, name) VALUES (?, ?)', [entryId, name]).lastId;
}

/** Writes nothing when the file is gone: its entry was erased meanwhile, or a later file replaced it. */
function addPiece(session: Session, id: number, position: number, piece: Uint8Array): void {
  session.run(
    `INSERT INTO file_chunk (file_id, position, bytes)
     SELECT id, ?, ? FROM file WHERE id = ?`,
    [position, piece, id],
  );
}

/**
 * Replaces the files of the same name that were begun before it. When it is gone itself, a later one was finished first
 * and has replaced it already.
 */
function finishFile(session: Session, id: number, entryId: number, stored: StoredFile): void {
  requireContents(session, entryId);
  const { name, sizeBytes, sha256 } = stored;
  session.run(
    `UPDATE file SET size_bytes = ?, sha256 = ?, place = coalesce(
       (SELECT min(place) FROM file AS earlier WHERE earlier.entry_id = file.entry_id AND earlier.name = file.name),
       id
     ) WHERE id = ?`,
    [sizeBytes, sha256, id],
  );
  const earlier = 'SELECT id FROM file WHERE entry_id = ? AND name = ? AND id < ?';
  session.run(`DELETE FROM file_chunk WHERE file_id IN (${earlier})`, [entryId, name, id]);
  session.run(`DELETE FROM file WHERE id IN (${earlier})`, [entryId, name, id]);
}

/** Never throws: the caller reports the error of the storing, and what cannot be deleted now goes with the entry. */
async function forgetFile(session: Session, id: number): Promise<void> {
  try {
    await inWriteTransaction(session, () => {
      session.run('DELETE FROM file_chunk WHERE file_id = ?', [id]);
      session.run('DELETE FROM file WHERE id = ?', [id]);
    });
  } catch {
    // Unfinished, it is never shown.
  }
}
