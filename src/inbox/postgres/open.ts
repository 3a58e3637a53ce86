import { BridgeError, bridgeError } from '../../errors.ts';
import { newerDatabase } from '../migration.ts';
import type { Migration } from '../migration.ts';
import { postgresFault } from './fault.ts';
import { createPostgresPool } from './pool.ts';
import { postgresSchema } from './schema.ts';
import { createPostgresSession } from './session.ts';
import type { PostgresSession, RunStatement } from './session.ts';

/**
 * Opens the inbox's tables in a PostgreSQL database, in a schema of their own that is created when missing
 * and brought up to date. The database itself must exist.
 *
 * @throws BridgeError INBOX_URL_INVALID, INBOX_OPEN_FAILED, INBOX_CORRUPT, INBOX_NEWER, INBOX_NOT_OURS
 */
export async function openPostgresDatabase(databaseUrl: string): Promise<PostgresSession> {
  const session = createPostgresSession(createPostgresPool(databaseUrl));
  try {
    await migratePostgres(session, postgresSchema);
    return session;
  } catch (error) {
    await session.close();
    // While opening, a failed write means that the inbox could not be opened.
    const writeFailed = error instanceof BridgeError && error.code === 'INBOX_WRITE_FAILED';
    throw postgresFault(writeFailed ? error.cause : error, 'open');
  }
}

/** Of our own choice; held until the transaction ends. Admission has another one. */
const migrationLock = 5_393_170_001;

/**
 * Brings the schema `sweego_bridge` to the newest of `migrations`, all or nothing. Safe when several processes
 * start on the same database: the one that comes second waits and finds the steps done. A schema that an
 * administrator has made beforehand is used, so that the bridge's user need not be allowed to make one.
 *
 * @param migrations ascending by version
 * @throws BridgeError INBOX_NEWER when a later release of the bridge has already changed the schema,
 *   INBOX_NOT_OURS when a schema of this name holds another program's tables, INBOX_WRITE_FAILED
 */
export async function migratePostgres(
  session: PostgresSession,
  migrations: readonly Migration[],
): Promise<void> {
  await session.inTransaction(async (run) => {
    await run("SET LOCAL lock_timeout = '25s'", []);
    await run('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    const current = await currentVersion(run);
    const newest = migrations.at(-1)?.version ?? 0;
    if (current > newest) throw newerDatabase(current, newest);
    for (const { version, sql } of migrations.filter((migration) => migration.version > current)) {
      await run('INSERT INTO migration (version) VALUES ($1)', [version]);
      await run(sql, []);
    }
  });
}

async function currentVersion(run: RunStatement): Promise<number> {
  const [schema] = await run(
    `SELECT count(pg_class.oid) AS tables, coalesce(bool_or(relname = 'migration'), false) AS ours
     FROM pg_namespace LEFT JOIN pg_class ON relnamespace = pg_namespace.oid AND relkind IN ('r', 'p', 'v')
     WHERE nspname = 'sweego_bridge' GROUP BY pg_namespace.oid`,
    [],
  );
  if (schema === undefined) await run('CREATE SCHEMA sweego_bridge', []);
  if (schema?.['ours'] !== true) {
    const tableCount = (schema?.['tables'] as number | undefined) ?? 0;
    if (tableCount > 0) {
      const what =
        'The schema sweego_bridge in the database of DATABASE_URL holds the tables of another program';
      throw bridgeError('INBOX_NOT_OURS', what, {
        fix: 'Set DATABASE_URL to another database, or rename that schema.',
        details: { tableCount },
      });
    }
    await run('CREATE TABLE migration (version integer PRIMARY KEY)', []);
  }
  const [row] = await run('SELECT coalesce(max(version), 0) AS version FROM migration', []);
  return row?.['version'] as number;
}
