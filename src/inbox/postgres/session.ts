import type { Pool, PoolClient } from 'pg';
import { bridgeError } from '../../errors.ts';
import type { InboxAction } from '../inbox-fault.ts';
import { inboxFault } from './fault.ts';
import { isConnectionLost } from './sql-state.ts';
import type { RunStatement, StatementRow, StatementValue } from './statement.ts';

export type SqlValue = StatementValue;
export type SqlRow = StatementRow;

/** An opened database; the connections behind it come and go. */
export type Session = {
  /** @throws BridgeError INBOX_READ_FAILED, INBOX_CORRUPT, INBOX_CLOSED */
  read: RunStatement;
  /**
   * One statement as a transaction of its own: one round trip to the server.
   *
   * @throws BridgeError INBOX_WRITE_FAILED, INBOX_CORRUPT, INBOX_CLOSED
   */
  write: RunStatement;
  /**
   * The same for a statement that may run twice: it is sent once more when its connection breaks, as all kept
   * connections do when the server restarts.
   */
  writeRepeatable: RunStatement;
  /**
   * Runs `work` in one transaction; all of it is on disk when this resolves. When it rejects, none of it is, unless the
   * connection broke while the server was committing: that cannot be known.
   *
   * @param answerTimeoutMs how long each statement of `work` may take; the pool's limit without it
   * @throws BridgeError INBOX_WRITE_FAILED, INBOX_CORRUPT, INBOX_CLOSED; whatever `work` throws
   */
  inTransaction: <Result>(
    work: (run: RunStatement) => Promise<Result>,
    answerTimeoutMs?: number,
  ) => Promise<Result>;
  /** Waits for statements under way. May be called twice. */
  close: () => Promise<void>;
};

export function openSession(pool: Pool): Session {
  let closing: Promise<void> | undefined;

  async function connect(action: InboxAction): Promise<PoolClient> {
    if (closing !== undefined) throw bridgeError('INBOX_CLOSED', 'The inbox is closed');
    try {
      return await pool.connect();
    } catch (error) {
      throw inboxFault(error, action);
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
    parameters: readonly SqlValue[],
  ): Promise<SqlRow[]> {
    const client = await connect(action);
    try {
      const rows = await runOn(client)(sql, parameters);
      client.release();
      return rows;
    } catch (error) {
      // A connection that is broken, or still waits for an answer, is closed; the next statement gets a new one.
      client.release(isConnectionLost(error));
      if (tries > 1 && isConnectionLost(error)) return runOnce(action, tries - 1, sql, parameters);
      throw inboxFault(error, action);
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
      throw inboxFault(error, 'write');
    }
  }

  return {
    read: (sql, parameters) => runOnce('read', 2, sql, parameters),
    write: (sql, parameters) => runOnce('write', 1, sql, parameters),
    writeRepeatable: (sql, parameters) => runOnce('write', 2, sql, parameters),

    async inTransaction(work, answerTimeoutMs) {
      const client = await begin(2);
      try {
        const result = await work(runOn(client, answerTimeoutMs));
        await client.query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        client.release(!(await isRolledBack(client, error)));
        throw inboxFault(error, 'write');
      }
    },

    async close() {
      closing ??= pool.end();
      await closing;
    },
  };
}

/** If it is not, the caller has to close the connection, which rolls back too. */
async function isRolledBack(client: PoolClient, error: unknown): Promise<boolean> {
  if (isConnectionLost(error)) return false;
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

function runOn(client: PoolClient, answerTimeoutMs?: number): RunStatement {
  return async (sql, parameters) => {
    const query = { text: sql, values: [...parameters], query_timeout: answerTimeoutMs };
    const { rows } = await client.query<Record<string, unknown>>(query);
    return rows;
  };
}
