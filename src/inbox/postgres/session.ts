import type { Pool, PoolClient } from 'pg';
import { bridgeError } from '../../errors.ts';
import type { InboxAction } from '../inbox-fault.ts';
import { isConnectionLost, postgresFault } from './fault.ts';

export type PostgresValue =
  string | number | boolean | null | Uint8Array | readonly (string | number | null)[];
export type PostgresRow = Readonly<Record<string, unknown>>;

/** Runs one statement. Instants and ids are numbers, bytes a Buffer. */
export type RunStatement = (sql: string, parameters: readonly PostgresValue[]) => Promise<PostgresRow[]>;

/** An opened database; the connections behind it come and go. */
export type PostgresSession = {
  /** @throws BridgeError INBOX_READ_FAILED, INBOX_CORRUPT, INBOX_CLOSED */
  read: RunStatement;
  /**
   * One statement as a transaction of its own: one way to the server and back.
   *
   * @throws BridgeError INBOX_WRITE_FAILED, INBOX_CORRUPT, INBOX_CLOSED
   */
  write: RunStatement;
  /**
   * The same for a statement that may run twice: it is sent once more when its connection breaks, as every kept
   * connection is after a restart of the server.
   */
  writeRepeatable: RunStatement;
  /**
   * Runs `work` in one transaction; all of it is on disk when this resolves. When it rejects, none of it is,
   * unless the connection broke while the server was committing: nobody can know that.
   *
   * @throws BridgeError INBOX_WRITE_FAILED, INBOX_CORRUPT, INBOX_CLOSED; whatever `work` throws
   */
  inTransaction: <Result>(work: (run: RunStatement) => Promise<Result>) => Promise<Result>;
  /** Waits for what is under way. May be called twice. */
  close: () => Promise<void>;
};

export function createPostgresSession(pool: Pool): PostgresSession {
  let closing: Promise<void> | undefined;

  async function connect(action: InboxAction): Promise<PoolClient> {
    if (closing !== undefined) throw bridgeError('INBOX_CLOSED', 'The inbox is closed');
    try {
      return await pool.connect();
    } catch (error) {
      throw postgresFault(error, action);
    }
  }

  /**
   * Runs one statement and keeps the connection for the next one.
   *
   * @param tries how often it may be sent, should its connection break
   */
  async function runOnce(
    action: InboxAction,
    tries: number,
    sql: string,
    parameters: readonly PostgresValue[],
  ): Promise<PostgresRow[]> {
    const client = await connect(action);
    try {
      const rows = await runOn(client)(sql, parameters);
      client.release();
      return rows;
    } catch (error) {
      // A connection that is broken, or still waits for an answer, is closed: the next one is a new one.
      client.release(isConnectionLost(error));
      if (tries > 1 && isConnectionLost(error)) return runOnce(action, tries - 1, sql, parameters);
      throw postgresFault(error, action);
    }
  }

  /** A connection on which a transaction has begun. */
  async function begin(tries: number): Promise<PoolClient> {
    const client = await connect('write');
    try {
      await client.query('BEGIN');
      return client;
    } catch (error) {
      client.release(true);
      if (tries > 1 && isConnectionLost(error)) return begin(tries - 1);
      throw postgresFault(error, 'write');
    }
  }

  return {
    read: (sql, parameters) => runOnce('read', 2, sql, parameters),
    write: (sql, parameters) => runOnce('write', 1, sql, parameters),
    writeRepeatable: (sql, parameters) => runOnce('write', 2, sql, parameters),

    async inTransaction(work) {
      const client = await begin(2);
      try {
        const result = await work(runOn(client));
        await client.query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        client.release(!(await isRolledBack(client, error)));
        throw postgresFault(error, 'write');
      }
    },

    async close() {
      closing ??= pool.end();
      await closing;
    },
  };
}

/** Where it is not, the connection has to be closed, which rolls back too. */
async function isRolledBack(client: PoolClient, error: unknown): Promise<boolean> {
  if (isConnectionLost(error)) return false;
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

function runOn(client: PoolClient): RunStatement {
  return async (sql, parameters) => {
    const { rows } = await client.query<Record<string, unknown>>(sql, [...parameters]);
    return rows;
  };
}
