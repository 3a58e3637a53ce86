import { bytesOf, storedFileOf } from '../entry-row.ts';
import type { Inbox, StoredFile } from '../inbox.ts';
import { fileUnknown, storedFileEntryUnknown, readPieces, storePieces } from '../stored-file.ts';
import { findStanding } from './operator.ts';
import { storableText } from './parameters.ts';
import type { Session } from './session.ts';
import type { RunStatement } from './statement.ts';

/**
 * `storeFile`, `files` and `readFile` of the contract. A file is stored piece by piece, each in a transaction of its
 * own, so that a slow download holds no connection. It exists once its hash is written. Pieces that a crashed process
 * left are deleted when a file of the same name is stored, or with the entry's contents.
 */
export function fileOperations(session: Session): Pick<Inbox, 'storeFile' | 'files' | 'readFile'> {
  return {
    async storeFile(entryId, givenName, content) {
      const name = storableText(givenName);
      const id = await session.inTransaction((run) => addFile(run, entryId, name));
      return storePieces(name, content, {
        add: (position, piece) => addPiece(session, id, position, piece),
        finish: (stored) => session.inTransaction((run) => finishFile(run, id, entryId, stored)),
        forget: () => forgetFile(session, id),
      });
    },

    async files(entryId) {
      const rows = await session.read(
        `SELECT name, size_bytes, sha256 FROM file WHERE entry_id = $1 AND sha256 IS NOT NULL ORDER BY place`,
        [entryId],
      );
      return rows.map(storedFileOf);
    },

    async *readFile(entryId, name) {
      const [file] = await session.read(
        'SELECT id, size_bytes FROM file WHERE entry_id = $1 AND name = $2 AND sha256 IS NOT NULL',
        [entryId, storableText(name)],
      );
      if (file === undefined) throw fileUnknown(entryId);
      yield* readPieces(entryId, file['size_bytes'] as number, async (position) => {
        const [piece] = await session.read(
          'SELECT bytes FROM file_chunk WHERE file_id = $1 AND position = $2',
          [file['id'] as number, position],
        );
        return piece && bytesOf(piece['bytes']);
      });
    },
  };
}

/** Locks the entry, so that no other process erases it at the same time. */
async function requireContents(run: RunStatement, entryId: number): Promise<void> {
  const entry = await findStanding(run, entryId);
  if (entry === undefined || entry.isErased) throw storedFileEntryUnknown(entryId);
}

async function addFile(run: RunStatement, entryId: number, name: string): Promise<number> {
  await requireContents(run, entryId);
  const [row] = await run('INSERT INTO file (entry_id, name) VALUES ($1, $2) RETURNING id', [entryId, name]);
  return row?.['id'] as number;
}

/** Writes nothing when the file is gone: its entry was erased meanwhile, or a later file replaced it. */
async function addPiece(session: Session, id: number, position: number, piece: Uint8Array): Promise<void> {
  await session.write(
    `INSERT INTO file_chunk (file_id, position, bytes)
     SELECT id, $2, $3 FROM file WHERE id = $1 FOR KEY SHARE`,
    [id, position, piece],
  );
}

/**
 * Replaces the files of the same name that were begun before it. When it is gone itself, a later one was finished first
 * and has replaced it already.
 */
async function finishFile(run: RunStatement, id: number, entryId: number, stored: StoredFile): Promise<void> {
  await requireContents(run, entryId);
  const { name, sizeBytes, sha256 } = stored;
  await run(
    `UPDATE file SET size_bytes = $4, sha256 = $5,
       place = coalesce((SELECT min(place) FROM file WHERE entry_id = $2 AND name = $3), id)
     WHERE id = $1`,
    [id, entryId, name, sizeBytes, sha256],
  );
  await run(
    `WITH gone AS (DELETE FROM file WHERE entry_id = $2 AND name = $3 AND id < $1 RETURNING id)
     DELETE FROM file_chunk WHERE file_id IN (SELECT id FROM gone)`,
    [id, entryId, name],
  );
}

/** Never throws: the caller reports the error of the storing, and what cannot be deleted now goes with the entry. */
async function forgetFile(session: Session, id: number): Promise<void> {
  try {
    await session.write(
      `WITH gone AS (DELETE FROM file WHERE id = $1 RETURNING id)
       DELETE FROM file_chunk WHERE file_id IN (SELECT id FROM gone)`,
      [id],
    );
  } catch {
    // Unfinished, it is never shown.
  }
}
