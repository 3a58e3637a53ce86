import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BridgeError } from '../errors.ts';
import type { Inbox } from './inbox.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { createSqliteInbox } from './sqlite-inbox.ts';

/**
 * Opens the inbox that DATABASE_URL names, creating it when it does not exist. Several processes may open
 * the same one.
 *
 * @param databaseUrl `file:` with a path (a relative one counts from the working directory)
 * @throws BridgeError INBOX_URL_INVALID, INBOX_ENGINE_MISSING (postgres://), INBOX_OPEN_FAILED,
 *   INBOX_CORRUPT, INBOX_NEWER, INBOX_NOT_OURS
 */
export async function openInbox(databaseUrl: string): Promise<Inbox> {
  if (/^postgres(ql)?:/.test(databaseUrl)) {
    throw new BridgeError(
      'INBOX_ENGINE_MISSING',
      'This release keeps its inbox in SQLite only. Set DATABASE_URL to a file, for example ' +
        'file:./data/bridge.sqlite.',
      { retry: 'never', scope: 'bridge', cause: undefined, details: { engine: 'postgres' } },
    );
  }
  return createSqliteInbox(await openSqliteFile(pathOfFileUrl(databaseUrl)));
}

/** `?` and `#` are refused, since SQLite and libsql would read `?mode=memory` in them; so is `:memory:`. */
function pathOfFileUrl(databaseUrl: string): string {
  const [, path] = /^file:([^?#]+)$/.exec(databaseUrl) ?? [];
  if (path === undefined || path === ':memory:' || path.endsWith('/')) throw invalidUrl(undefined);
  if (!path.startsWith('//')) return resolve(path);
  try {
    return fileURLToPath(databaseUrl);
  } catch (error) {
    throw invalidUrl(error);
  }
}

function invalidUrl(cause: unknown): BridgeError {
  return new BridgeError(
    'INBOX_URL_INVALID',
    'DATABASE_URL does not name a file. Set it to file: and a path, for example file:./data/bridge.sqlite.',
    { retry: 'never', scope: 'bridge', cause },
  );
}
