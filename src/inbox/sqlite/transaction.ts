import { setTimeout as pause } from 'node:timers/promises';
import { bridgeError } from '../../errors.ts';
import type { BridgeError } from '../../errors.ts';
import { inboxFault } from './fault.ts';
import { isBusy } from './result-code.ts';
import type { Session } from './session.ts';

/** With SQLite's own 100 ms each, this waits about five seconds for the lock of another connection. */
const lockAttempts = 35;
const lockPauseMs = 50;

/**
 * Repeats an action while another process holds the lock it needs. Between two attempts the event loop runs,
 * so that a stuck lock delays writes without freezing the HTTP server.
 */
export async function retryWhileLocked<Result>(action: () => Result): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return action();
    } catch (error) {
      if (!isBusy(error) || attempt === lockAttempts) throw error;
    }
    await pause(lockPauseMs);
  }
}

/**
 * Runs `work` in one write transaction; all of it is on disk when this resolves, none of it when it rejects.
 * The write lock is taken at the start (BEGIN IMMEDIATE): a transaction that reads first and writes later
 * can be refused in the middle when another process has written in between.
 *
 * From BEGIN to COMMIT nothing else runs: two calls at the same time share one connection, and each would
 * otherwise begin, or roll back, in the middle of the other.
 *
 * @throws BridgeError INBOX_WRITE_FAILED, INBOX_CORRUPT, INBOX_CLOSED
 */
export async function inWriteTransaction<Result>(session: Session, work: () => Result): Promise<Result> {
  try {
    return await retryWhileLocked(() => {
      session.exec('BEGIN IMMEDIATE');
      return commit(session, work);
    });
  } catch (error) {
    throw inboxFault(error, 'write');
  }
}

function commit<Result>(session: Session, work: () => Result): Result {
  try {
    const result = work();
    if (!session.isInPlace()) throw fileMoved();
    session.exec('COMMIT');
    return result;
  } catch (error) {
    throw inboxFault(rolledBack(session, error), 'write');
  }
}

function fileMoved(): BridgeError {
  const what =
    'The file of DATABASE_URL, or its -wal file, was moved, replaced or removed while the inbox was open';
  return bridgeError('INBOX_WRITE_FAILED', what, {
    fix: 'Stop the bridge, put back the files that belong together, and start it again.',
    details: { file: 'moved' },
  });
}

function rolledBack(session: Session, error: unknown): unknown {
  try {
    session.rollBack();
    return error;
  } catch (rollBackError) {
    return Object.assign(new AggregateError([error, rollBackError], 'The roll-back failed too.'), {
      code: error instanceof Error && 'code' in error ? error.code : undefined,
    });
  }
}

/** With SQLite's own 100 ms each, this waits about five seconds for another connection's transaction. */
const attempts = 35;
const pauseMs = 50;

/**
 * Moves the write-ahead log into the file and truncates it: it holds pages from before an erasure until then. While
 * another process reads or writes without pause, the log is left as it is; the next erasure or retention tries again.
 *
 * Source: https://sqlite.org/pragma.html#pragma_wal_checkpoint
 */
export async function emptyLog(session: Session): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    if (isLogEmptied(session)) return;
    await pause(pauseMs);
  }
}

function isLogEmptied(session: Session): boolean {
  try {
    return session.first('PRAGMA wal_checkpoint(TRUNCATE)', [])?.['busy'] === 0;
  } catch (error) {
    if (isBusy(error)) return false;
    throw inboxFault(error, 'write');
  }
}

/** Runs an action that only reads. A fault of SQLite becomes an error of the inbox. */
export async function reading<Result>(read: () => Result): Promise<Result> {
  try {
    return read();
  } catch (error) {
    throw inboxFault(error, 'read');
  }
}
