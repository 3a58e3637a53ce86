import { Client, Pool, types } from 'pg';
import type { ClientBase, PoolConfig } from 'pg';
import { bridgeError } from '../../errors.ts';

/** Intake needs one, the worker one or two; the rest is for the pages, files and operators. */
const maxConnections = 8;
const connectTimeoutMs = 5_000;
/** An idle connection is closed after this time, before a proxy on the way cuts it. */
const idleTimeoutMs = 30_000;

/** The server cancels a statement after `statementTimeoutMs`. If no answer comes at all, the driver gives up later. */
const statementTimeoutMs = 30_000;
const answerTimeoutMs = 35_000;

/**
 * Settings of a session. They are sent by SQL, because pgbouncer refuses them while connecting. The server's own
 * settings might lose a commit (`synchronous_commit = off`), or keep a lock for ever.
 */
const sessionSettings = `
  SELECT set_config(name, value, false) FROM (VALUES
    ('search_path', 'sweego_bridge'),
    ('statement_timeout', '${statementTimeoutMs}'),
    ('lock_timeout', '5000'),
    ('idle_in_transaction_session_timeout', '60000'),
    ('default_transaction_isolation', 'read committed'),
    ('jit', 'off'),
    ('bytea_output', 'hex'),
    ('client_min_messages', 'warning'),
    ('synchronous_commit',
      CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END)
  ) AS setting (name, value)`;

const int8Oid = 20;

/**
 * Connections to PostgreSQL, opened when needed and opened again after they broke. A bigint is returned as a number: ids
 * and milliseconds stay far below 2^53.
 *
 * @param databaseUrl as pg-connection-string reads it (https://www.npmjs.com/package/pg-connection-string)
 * @throws BridgeError INBOX_URL_INVALID
 */
export function createPostgresPool(databaseUrl: string): Pool {
  requireUsableUrl(databaseUrl);
  const options: PoolConfig & { onConnect: (client: ClientBase) => Promise<void> } = {
    connectionString: databaseUrl,
    application_name: 'sweego-odoo-bridge',
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
    types: {
      getTypeParser: ((oid: number, format?: 'text'): unknown =>
        oid === int8Oid ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
    },
    onConnect: async (client) => {
      await client.query(sessionSettings);
    },
  };
  const pool = new Pool(options);
  // A broken connection is replaced, and the query that used it rejects. Without listeners these events would end the
  // process.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', () => {});
  return pool;
}

/** Also reads the files that `sslrootcert`, `sslcert` and `sslkey` name. */
function requireUsableUrl(databaseUrl: string): void {
  try {
    new Client({ connectionString: databaseUrl });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT' || code === 'EACCES') {
      throw bridgeError('INBOX_OPEN_FAILED', `A file that DATABASE_URL names cannot be read (${code})`, {
        fix: 'Correct sslrootcert, sslcert or sslkey in it, or let the user of the bridge read that file.',
        cause: error,
        details: { code },
      });
    }
    // No cause: Node's error repeats the whole URL, password included.
    throw bridgeError('INBOX_URL_INVALID', 'DATABASE_URL is not the address of a PostgreSQL database', {
      cause: undefined,
      fix: 'Set it like postgres://user:password@host:5432/database, with special characters of the password as %40 for @.',
    });
  }
}
