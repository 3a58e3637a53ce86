import { setTimeout as pause } from 'node:timers/promises';
import { inboxFault, isBusy } from './inbox-fault.ts';
import type { SqliteSession } from './sqlite-session.ts';

/** With SQLite's own 100 ms each, somebody else's transaction is waited for about five seconds. */
const attempts = 35;
const pauseMs = 50;

/**
 * Moves the write-ahead log into the file and cuts it to nothing: pages as they were before an erasure lie in
 * it until then. While another process reads or writes without end it is left alone; the next erasure or
 * retention tries again.
 *
 * Source: https://sqlite.org/pragma.html#pragma_wal_checkpoint
 */
export async function emptyLog(session: SqliteSession): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    if (isLogEmptied(session)) return;
    await pause(pauseMs);
  }
}

function isLogEmptied(session: SqliteSession): boolean {
  try {
    return session.first('PRAGMA wal_checkpoint(TRUNCATE)', [])?.['busy'] === 0;
  } catch (error) {
    if (isBusy(error)) return false;
    throw inboxFault(error, 'write');
  }
}
