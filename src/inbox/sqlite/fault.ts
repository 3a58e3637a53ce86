import { BridgeError, bridgeError } from '../../errors.ts';
import { failedAction, isOwnFault, ownFault } from '../inbox-fault.ts';
import type { InboxAction } from '../inbox-fault.ts';

/** SQLite result code without its extension (https://sqlite.org/rescode.html) → what mends it. */
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
 * The error of the inbox for whatever was thrown. A BridgeError passes unchanged, a fault of our own code becomes
 * INBOX_UNEXPECTED; SQLite's CORRUPT and
 * NOTADB become INBOX_CORRUPT whatever was being done, since repeating cannot help.
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

/** Whether another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  return sqliteCodeOf(error)?.startsWith('SQLITE_BUSY') ?? false;
}

function sqliteCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}
