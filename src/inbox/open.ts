import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import type { Inbox } from './inbox.ts';
import { createInbox as createPostgresInbox } from './postgres/inbox.ts';
import { openDatabase as openPostgresDatabase } from './postgres/open.ts';
import { createInbox as createSqliteInbox } from './sqlite/inbox.ts';
import { openDatabase as openSqliteDatabase } from './sqlite/open.ts';

type OpenInboxOptions = {
  /** Whether to create a file that does not exist (the default). Commands refuse: a mistyped path is no empty inbox. */
  create?: boolean;
};

/**
 * Opens the inbox that DATABASE_URL names. Creates the file, unless `create` is false, or the tables in a PostgreSQL
 * database. Several processes may open the same one.
 *
 * @param databaseUrl `file:` with a path (a relative one counts from the working directory), or `postgres://`
 *   (`postgresql://`) with user, password, host and database; `?sslmode=` as the package pg understands it
 * @throws BridgeError INBOX_URL_INVALID, INBOX_OPEN_FAILED, INBOX_CORRUPT, INBOX_NEWER, INBOX_NOT_OURS,
 *   INBOX_FILE_MISSING
 */
export async function openInbox(
  databaseUrl: string,
  { create = true }: OpenInboxOptions = {},
): Promise<Inbox> {
  if (/^postgres(ql)?:/.test(databaseUrl)) {
    return createPostgresInbox(await openPostgresDatabase(databaseUrl));
  }
  const path = pathOfFileUrl(databaseUrl);
  if (!create && !existsSync(path)) {
    throw bridgeError('INBOX_FILE_MISSING', `There is no inbox at ${path}`, { details: { path } });
  }
  return createSqliteInbox(await openSqliteDatabase(path));
}

/** `?` and `#` are refused, since SQLite and libsql would read `?mode=memory` in them; so is `:memory:`. */
function pathOfFileUrl(databaseUrl: string): string {
  const [, path] = /^file:([^?#]+)$/.exec(databaseUrl) ?? [];
  if (path === undefined || path === ':memory:' || path.endsWith('/')) throw invalidUrl();
  if (!path.startsWith('//')) return resolve(path);
  try {
    return fileURLToPath(databaseUrl);
  } catch (error) {
    throw invalidUrl(error);
  }
}

function invalidUrl(cause?: unknown): BridgeError {
  const what = 'DATABASE_URL names neither a file nor a PostgreSQL database';
  return bridgeError('INBOX_URL_INVALID', what, { cause });
}
