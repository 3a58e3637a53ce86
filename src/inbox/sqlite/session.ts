import { statSync } from 'node:fs';
import Database from 'libsql';
import { bridgeError } from '../../errors.ts';

/** How long SQLite itself waits for a lock, milliseconds. It blocks the event loop meanwhile: longer waits are ours. */
const lockTimeoutMs = 100;

/**
 * One connection to a SQLite file, with its statements prepared once.
 *
 * The connection of libsql 0.5 stays open as long as one of its statements lives, and asking a closed one for
 * `inTransaction` aborts the process. Therefore nothing else holds a statement or the connection.
 */
export type Session = {
  /** Runs SQL that returns nothing. */
  exec(sql: string): void;
  /** Runs a statement. Returns how many rows it changed, and the last row id it inserted. */
  run(sql: string, parameters: readonly SqlValue[]): { changes: number; lastId: number };
  /** The first row, or undefined. A blob is a Uint8Array. */
  first(sql: string, parameters: readonly SqlValue[]): SqlRow | undefined;
  /** Every row; for results whose size is bounded. Not for blobs, which libsql returns as ArrayBuffer here. */
  all(sql: string, parameters: readonly SqlValue[]): SqlRow[];
  /** Ends a transaction that may already have ended itself (a COMMIT on a full disk does). */
  rollBack(): void;
  /**
   * Whether the file and its log are still the opened ones. When they were moved, replaced or removed, SQLite goes on
   * writing to files that nobody will ever open again.
   */
  isInPlace(): boolean;
  /** Copies the write-ahead log into the file first, so that the file alone is the whole inbox. */
  close(): void;
};

export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * Opens a connection; the file is created when missing.
 *
 * @param path absolute, so that libsql never takes it for the URL of a server
 * @throws whatever libsql throws
 */
export function openSession(path: string): Session {
  let database: Database.Database | undefined = new Database(path, { timeout: lockTimeoutMs });
  const statements = new Map<string, Database.Statement>();
  const isFileInPlace = createPlaceCheck(path);
  const isLogInPlace = createPlaceCheck(`${path}-wal`);

  function connection(): Database.Database {
    if (database !== undefined) return database;
    throw bridgeError('INBOX_CLOSED', 'The inbox is closed');
  }

  function statement(sql: string): Database.Statement {
    let prepared = statements.get(sql);
    if (prepared === undefined) {
      prepared = connection().prepare(sql);
      statements.set(sql, prepared);
    }
    return prepared;
  }

  return {
    exec: (sql) => void connection().exec(sql),
    run(sql, parameters) {
      const result = statement(sql).run(parameters);
      return { changes: result.changes, lastId: Number(result.lastInsertRowid) };
    },
    first: (sql, parameters) => statement(sql).get(parameters) as SqlRow | undefined,
    all: (sql, parameters) => statement(sql).all(parameters) as SqlRow[],
    rollBack() {
      if (database === undefined || !database.inTransaction) return;
      database.exec('ROLLBACK');
    },
    isInPlace: () => isFileInPlace() && isLogInPlace(),
    close() {
      if (database === undefined) return;
      statements.clear();
      checkpoint(database);
      database.close();
      database = undefined;
    },
  };
}

/** Whether the path still names the file of the first call. */
function createPlaceCheck(path: string): () => boolean {
  let first: number | undefined;
  return () => {
    const inode = statSync(path, { throwIfNoEntry: false })?.ino;
    first ??= inode;
    return first === inode;
  };
}

/**
 * SQLite does this itself when the last connection ends, but libsql ends it only when the garbage collector
 * has taken the statements. Failing is harmless: the next connection reads the log.
 */
function checkpoint(database: Database.Database): void {
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
  }
}
