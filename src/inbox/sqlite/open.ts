import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { BridgeError, bridgeError } from '../../errors.ts';
import { newerDatabase } from '../migration.ts';
import type { Migration } from '../migration.ts';
import { inboxFault } from './fault.ts';
import { schema } from './schema.ts';
import { openSession } from './session.ts';
import type { Session } from './session.ts';
import { retryWhileLocked, inWriteTransaction } from './transaction.ts';

/** The size that the write-ahead log keeps after a burst, bytes. */
const walSizeLimitBytes = 64 * 1024 * 1024;

/**
 * Opens the inbox's SQLite file with its schema up to date, in the mode that makes a commit durable: WAL with
 * `synchronous=FULL` syncs the log on every commit (https://sqlite.org/pragma.html#pragma_synchronous).
 * Creates the directory (0700) and the file (0600) when missing, and takes other users' rights away from an existing
 * file, because it holds mail. SQLite gives its -wal and -shm files the rights of the main file.
 *
 * @param path absolute
 * @throws BridgeError INBOX_OPEN_FAILED, INBOX_CORRUPT, INBOX_NEWER, INBOX_NOT_OURS
 */
export async function openDatabase(path: string): Promise<Session> {
  createPrivateFile(path);
  const session = open(path);
  try {
    await useDurableLog(session);
    await migrate(session, schema);
    return session;
  } catch (error) {
    session.close();
    throw openFault(error);
  }
}

function open(path: string): Session {
  try {
    return openSession(path);
  } catch (error) {
    throw inboxFault(error, 'open');
  }
}

/** While opening, a failed write means that the inbox could not be opened. */
function openFault(error: unknown): BridgeError {
  const writeFailed = error instanceof BridgeError && error.code === 'INBOX_WRITE_FAILED';
  return inboxFault(writeFailed ? error.cause : error, 'open');
}

function createPrivateFile(path: string): void {
  try {
    makePrivateFolder(dirname(path));
    closeSync(openSync(path, 'a', 0o600));
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw bridgeError('INBOX_OPEN_FAILED', `The inbox file ${path} cannot be created or written (${code})`, {
      fix: 'Make its directory writable for the user of the bridge, or set DATABASE_URL to another file.',
      cause: error,
      details: { path, code },
    });
  }
}

/** Not by `recursive`, which never ends on a file system that answers ENOENT for each new folder, as /proc does. */
function makePrivateFolder(path: string): void {
  if (existsSync(path)) return;
  makePrivateFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}

async function useDurableLog(session: Session): Promise<void> {
  const row = await retryWhileLocked(() => session.first('PRAGMA journal_mode = WAL', []));
  if (row?.['journal_mode'] !== 'wal') {
    const what =
      'The file system of the inbox cannot hold a SQLite write-ahead log, as network shares cannot';
    throw bridgeError('INBOX_OPEN_FAILED', what, {
      fix: 'Set DATABASE_URL to a file on a local disk.',
      retry: 'never',
    });
  }
  session.exec('PRAGMA synchronous = FULL');
  session.first(`PRAGMA journal_size_limit = ${walSizeLimitBytes}`, []);
  // Deleted content is overwritten with zeros, so that no free page of the file still holds it.
  session.first('PRAGMA secure_delete = ON', []);
}

/**
 * Brings a database to the newest of `migrations`, all or nothing. Safe when several processes start on the same file:
 * the transaction takes the write lock first, so the second process finds the steps done.
 *
 * @param migrations ascending by version
 * @throws BridgeError INBOX_NEWER when a later release of the bridge has already changed the schema,
 *   INBOX_NOT_OURS when the tables are another program's, INBOX_WRITE_FAILED, INBOX_CORRUPT
 */
export async function migrate(session: Session, migrations: readonly Migration[]): Promise<void> {
  await inWriteTransaction(session, () => {
    const current = currentVersion(session);
    const newest = migrations.at(-1)?.version ?? 0;
    if (current > newest) throw newerDatabase(current, newest);
    for (const { version, sql } of migrations.filter((migration) => migration.version > current)) {
      session.run('INSERT INTO migration (version) VALUES (?)', [version]);
      session.exec(sql);
    }
  });
}

function currentVersion(session: Session): number {
  const tables = session
    .all("SELECT name FROM sqlite_schema WHERE type = 'table' LIMIT 100", [])
    .map((row) => row['name']);
  if (!tables.includes('migration')) {
    if (tables.length > 0) {
      const details = { tableCount: tables.length };
      throw bridgeError('INBOX_NOT_OURS', 'The file of DATABASE_URL holds the tables of another program', {
        details,
      });
    }
    session.exec('CREATE TABLE migration (version INTEGER PRIMARY KEY)');
  }
  return Number(session.first('SELECT max(version) AS version FROM migration', [])?.['version'] ?? 0);
}
