import { BridgeError, bridgeError } from '../../errors.ts';
import { failedAction, isOwnFault, ownFault } from '../inbox-fault.ts';
import type { InboxAction } from '../inbox-fault.ts';
import { driverCodeOf, isConnectionCode } from './sql-state.ts';

const reach = 'Check that PostgreSQL runs and that host and port of DATABASE_URL lead to it.';
const rights =
  'Give the user of DATABASE_URL the right to create a schema in its database, or make that user the owner of the ' +
  'schema sweego_bridge.';
/** A pooler by transactions can send a statement over a connection whose search_path does not name our schema. */
const gone =
  'Let a pooler in front of PostgreSQL, if there is one, pool by session, or let DATABASE_URL bypass it. Without one the ' +
  'tables of the inbox are gone: restore a backup, or start the bridge again to begin with an empty one.';
const disk = 'Check the disk of the PostgreSQL server.';

/**
 * SQLSTATE, or its class of two characters → what the operator does about it
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const fixOfSqlState: Readonly<Record<string, string>> = {
  '08': reach,
  '25006':
    'The server is read-only. Set DATABASE_URL to the primary server, and check whether ' +
    'default_transaction_read_only is set.',
  '28': 'Correct user and password of DATABASE_URL, or what pg_hba.conf of the server allows.',
  '3D': 'Create the database of DATABASE_URL, or correct its name.',
  '3F': gone,
  '40': 'Nothing: another process was changing the same entries.',
  '42501': rights,
  '42P01': gone,
  '53100': 'Free space on the disk of the PostgreSQL server.',
  '53300': 'Raise max_connections of the PostgreSQL server: each bridge holds up to eight connections.',
  '53': 'Give the PostgreSQL server more memory, or reduce what else it does.',
  '55P03': 'See in pg_stat_activity who holds a lock on the tables of the schema sweego_bridge.',
  '57014': 'See what keeps the PostgreSQL server so busy that it does not answer in time.',
  '57': reach,
  '58': disk,
};

const tlsFailure = /CERT|SELF_SIGNED|TLS|SSL/;

/**
 * The inbox's error for whatever was thrown. A BridgeError passes unchanged, and a fault of our own code becomes
 * INBOX_UNEXPECTED. Neither message nor details repeat a text of the server or the driver, because these quote rows,
 * users and hosts.
 */
export function inboxFault(error: unknown, action: InboxAction): BridgeError {
  if (error instanceof BridgeError) return error;
  if (isOwnFault(error)) return ownFault(error);
  const code = driverCodeOf(error);
  const details = { postgres: code ?? 'none' };
  if (code === 'XX001' || code === 'XX002') {
    return bridgeError('INBOX_CORRUPT', `PostgreSQL found damaged data in the inbox (${code})`, {
      fix: 'Stop the bridge and the server, keep a copy of its data directory, and restore a backup.',
      cause: error,
      details,
    });
  }
  return failedAction(action, code, { fix: fixOf(code), cause: error, details });
}

function fixOf(code: string | undefined): string {
  if (code === undefined || isConnectionCode(code)) {
    return code === '57P03' ? 'Nothing: the PostgreSQL server is starting or stopping.' : reach;
  }
  const isSqlState = /^[0-9A-Z]{5}$/.test(code);
  if (!isSqlState && tlsFailure.test(code)) {
    return (
      "Let DATABASE_URL name the authority that signed the server's certificate (sslrootcert=<file>), or " +
      'correct its sslmode.'
    );
  }
  return fixOfSqlState[code] ?? fixOfSqlState[code.slice(0, 2)] ?? 'See the log of the PostgreSQL server.';
}
