import { BridgeError } from '../errors.ts';
import { inWriteTransaction } from './sqlite/transaction.ts';
import type { SqliteSession } from './sqlite/session.ts';

/** One step of the schema. A published step is never edited: a change is a new step. */
export type Migration = { version: number; sql: string };

/**
 * Brings a database to the newest of `migrations`, all or nothing. Safe when several processes start on the
 * same empty file: the transaction takes the write lock first and records a step before it runs it, so the
 * process that comes second finds the steps done.
 *
 * @param migrations ascending by version
 * @throws BridgeError INBOX_NEWER when a later release of the bridge has already changed the schema,
 *   INBOX_NOT_OURS when the tables are another program's, INBOX_WRITE_FAILED, INBOX_CORRUPT
 */
export async function migrate(session: SqliteSession, migrations: readonly Migration[]): Promise<void> {
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

function currentVersion(session: SqliteSession): number {
  const tables = session
    .all("SELECT name FROM sqlite_schema WHERE type = 'table' LIMIT 100", [])
    .map((row) => row['name']);
  if (!tables.includes('migration')) {
    if (tables.length > 0) throw foreignDatabase(tables.length);
    session.exec('CREATE TABLE migration (version INTEGER PRIMARY KEY)');
  }
  return Number(session.first('SELECT max(version) AS version FROM migration', [])?.['version'] ?? 0);
}

/** INBOX_NEWER, on every engine. */
export function newerDatabase(found: number, known: number): BridgeError {
  return new BridgeError(
    'INBOX_NEWER',
    `The inbox has schema version ${found}, this release knows ${known}. Start the release that wrote it, ` +
      'or one after it.',
    { retry: 'never', scope: 'bridge', cause: undefined, details: { found, known } },
  );
}

function foreignDatabase(tableCount: number): BridgeError {
  return new BridgeError(
    'INBOX_NOT_OURS',
    'The file of DATABASE_URL holds the tables of another program. Set DATABASE_URL to a file of its own.',
    { retry: 'never', scope: 'bridge', cause: undefined, details: { tableCount } },
  );
}
