import { BridgeError, bridgeError } from '../../errors.ts';
import { failedAction, isOwnFault, ownFault } from '../inbox-fault.ts';
import type { InboxAction } from '../inbox-fault.ts';
import { sqliteCodeOf } from './result-code.ts';

/** SQLite result code without its extension (https://sqlite.org/rescode.html) → what the operator does about it. */
const fixOfSqliteCode: Readonly<Record<string, string>> = {
  FULL: 'Free space on the disk that holds the file of DATABASE_URL.',
  BUSY: 'End the program that holds a lock on the file of DATABASE_URL.',
  LOCKED: 'End the program that holds a lock on the file of DATABASE_URL.',
  READONLY: 'Let the user of the bridge write to the file of DATABASE_URL and to its directory.',
  PERM: 'Let the user of the bridge write to the file of DATABASE_URL and to its directory.',
  CANTOPEN: 'Let the user of the bridge write to the file of DATABASE_URL and to its directory.',
  IOERR: 'Check the disk that holds the file of DATABASE_URL (space, quota, file size limit, health).',
};

/**
 * The inbox's error for whatever was thrown. A BridgeError passes unchanged, and a fault of our own code becomes
 * INBOX_UNEXPECTED. SQLite's CORRUPT and NOTADB become INBOX_CORRUPT in every action, because repeating cannot help.
 *
 * Source: SQLite result codes, https://sqlite.org/rescode.html.
 */
export function inboxFault(error: unknown, action: InboxAction): BridgeError {
  if (error instanceof BridgeError) return error;
  if (isOwnFault(error)) return ownFault(error);
  const sqlite = sqliteCodeOf(error);
  const details = { sqlite: sqlite ?? 'none' };
  const family = sqlite?.split('_')[1] ?? '';
  if (family === 'CORRUPT' || family === 'NOTADB') {
    return bridgeError('INBOX_CORRUPT', `The inbox is not a sound SQLite database (${sqlite})`, {
      cause: error,
      details,
    });
  }
  return failedAction(action, sqlite, { fix: fixOfSqliteCode[family], cause: error, details });
}
