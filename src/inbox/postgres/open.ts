import { BridgeError, bridgeError } from '../../errors.ts';
import { newerDatabase } from '../migration.ts';
import type { Migration } from '../migration.ts';
import { inboxFault } from './fault.ts';
import { createPostgresPool } from './pool.ts';
import { schema } from './schema.ts';
import { openSession } from './session.ts';
import type { Session } from './session.ts';
import type { RunStatement } from './statement.ts';

/**
 * Opens the inbox's tables in a PostgreSQL database, in a schema of their own that is created when missing
 * and brought up to date. The database itself must exist.
 *
 * @throws BridgeError INBOX_URL_INVALID, INBOX_OPEN_FAILED, INBOX_CORRUPT, INBOX_NEWER, INBOX_NOT_OURS
 */
export async function openDatabase(databaseUrl: string): Promise<Session> {
  const session = openSession(createPostgresPool(databaseUrl));
  try {
    await migrate(session, schema);
    return session;
  } catch (error) {
    await session.close();
    // While opening, a failed write means that the inbox could not be opened.
    const writeFailed = error instanceof BridgeError && error.code === 'INBOX_WRITE_FAILED';
    throw inboxFault(writeFailed ? error.cause : error, 'open');
  }
}

/** A number of our own; the lock is held until the transaction ends. Admission has another one. */
const migrationLock = 5_393_170_001;

/** How long a step may take on a large inbox, and how long another process waits for it at its start. */
const migrationTimeoutMs = 15 * 60_000;
/** How long a step waits for the statements of other processes; those that come later wait behind it. */
const tableLockTimeoutMs = 25_000;
/** The server cancels first, so that its answer says why. */
const answerMarginMs = 5_000;

/**
 * Brings the schema `sweego_bridge` to the newest of `migrations`, all or nothing. Safe when several processes start on
 * the same database: the second one waits and finds the steps done. A schema that an administrator has created
 * beforehand is used, so that the bridge's user needs no right to create one.
 *
 * @param migrations ascending by version
 * @throws BridgeError INBOX_NEWER when a later release of the bridge has already changed the schema,
 *   INBOX_NOT_OURS when a schema of this name holds another program's tables, INBOX_WRITE_FAILED
 */
export async function migrate(session: Session, migrations: readonly Migration[]): Promise<void> {
  await session.inTransaction(async (run) => {
    await setTimeouts(run, { statement: migrationTimeoutMs, lock: migrationTimeoutMs });
    await run('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    await setTimeouts(run, { statement: migrationTimeoutMs, lock: tableLockTimeoutMs });
    const current = await currentVersion(run);
    const newest = migrations.at(-1)?.version ?? 0;
    if (current > newest) throw newerDatabase(current, newest);
    for (const { version, sql } of migrations.filter((migration) => migration.version > current)) {
      await run('INSERT INTO migration (version) VALUES ($1)', [version]);
      await run(sql, []);
    }
  }, migrationTimeoutMs + answerMarginMs);
}

async function setTimeouts(run: RunStatement, ms: { statement: number; lock: number }): Promise<void> {
  await run(
    "SELECT set_config('statement_timeout', $1::text, true), set_config('lock_timeout', $2::text, true)",
    [String(ms.statement), String(ms.lock)],
  );
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
