import { BridgeError } from '../errors.ts';
import { postgresFault } from './postgres-fault.ts';
import { migratePostgres } from './postgres-migrate.ts';
import { createPostgresPool } from './postgres-pool.ts';
import { postgresSchema } from './postgres-schema.ts';
import { createPostgresSession, type PostgresSession } from './postgres-session.ts';

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
