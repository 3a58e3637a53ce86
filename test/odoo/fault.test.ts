import fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultOfException } from '../../src/odoo/fault.ts';
import type { CallSite } from '../../src/odoo/odoo-error.ts';

const call: CallSite = { transport: 'json2', step: 'call', model: 'res.partner', method: 'write' };
const run: CallSite = { transport: 'json2', step: 'call', model: 'ir.actions.server', method: 'run' };
const login: CallSite = { ...call, transport: 'jsonrpc', step: 'authenticate' };

/** Exceptions that the contract suite cannot cause, or not on every transport. */
const rows: readonly [name: string, message: string, site: CallSite, code: string, meaning: string][] = [
  ['odoo.exceptions.LockError', 'locked', call, 'ODOO_LOCKED', 'later/entry'],
  ['psycopg2.errors.SerializationFailure', 'could not serialize', call, 'ODOO_CONFLICT', 'later/entry'],
  ['psycopg2.errors.LockNotAvailable', 'lock', call, 'ODOO_CONFLICT', 'later/entry'],
  ['psycopg2.errors.DeadlockDetected', 'deadlock', call, 'ODOO_CONFLICT', 'later/entry'],
  ['odoo.exceptions.ConcurrencyError', 'again', call, 'ODOO_CONFLICT', 'later/entry'],
  ['odoo.exceptions.AccessDenied', 'Access Denied', call, 'ODOO_AUTHENTICATION', 'never/odoo'],
  ['odoo.exceptions.MissingError', 'gone', call, 'ODOO_RECORD_MISSING', 'never/entry'],
  ['psycopg2.OperationalError', 'server closed the connection', call, 'ODOO_UNAVAILABLE', 'later/odoo'],
  ['psycopg2.pool.PoolError', 'The Connection Pool Is Full', call, 'ODOO_UNAVAILABLE', 'later/odoo'],
  ['psycopg2.errors.AdminShutdown', 'terminating', call, 'ODOO_UNAVAILABLE', 'later/odoo'],
  ['psycopg2.errors.InFailedSqlTransaction', 'aborted', call, 'ODOO_SERVER', 'later/entry'],
  ['psycopg2.OperationalError', 'FATAL:  database "x" does not exist', call, 'ODOO_DATABASE', 'never/odoo'],
  ['builtins.ZeroDivisionError', 'division by zero', call, 'ODOO_SERVER', 'later/entry'],
  ['builtins.AttributeError', "'NoneType' has no attribute 'x'", call, 'ODOO_SERVER', 'later/entry'],
  ['builtins.KeyError', 'res.users', call, 'ODOO_SERVER', 'later/entry'],
  ['builtins.ValueError', 'Wrong value', call, 'ODOO_VALUE', 'never/entry'],
  ['werkzeug.exceptions.RequestEntityTooLarge', 'too large', call, 'ODOO_TOO_LARGE', 'never/entry'],
  ['werkzeug.exceptions.NotFound', 'Did you mean POST', call, 'ODOO_NOT_ODOO', 'later/odoo'],
  ['org.example.Strange', 'whatever', call, 'ODOO_SERVER', 'later/entry'],
  // Odoo wraps an exception inside a server action in a ValueError (odoo.tools.safe_eval).
  [
    'builtins.ValueError',
    "ValueError('Wrong value') while evaluating\n'…'",
    run,
    'ODOO_VALUE',
    'never/entry',
  ],
  ['builtins.ValueError', "TypeError('x') while evaluating\n'…'", run, 'ODOO_VALUE', 'never/entry'],
  [
    'builtins.ValueError',
    "UniqueViolation('dup\\n') while evaluating\n'…'",
    run,
    'ODOO_SERVER',
    'later/entry',
  ],
  ['builtins.ValueError', "KeyError('x') while evaluating\n'…'", run, 'ODOO_SERVER', 'later/entry'],
  // A failure of the login is never the fault of one entry.
  ['builtins.KeyError', 'res.users', login, 'ODOO_DATABASE', 'never/odoo'],
  ['psycopg2.errors.InsufficientPrivilege', 'denied for schema', login, 'ODOO_DATABASE', 'never/odoo'],
  ['builtins.ValueError', 'x', login, 'ODOO_UNAVAILABLE', 'later/odoo'],
  ['builtins.ZeroDivisionError', 'x', login, 'ODOO_UNAVAILABLE', 'later/odoo'],
  ['psycopg2.errors.SerializationFailure', 'x', login, 'ODOO_UNAVAILABLE', 'later/odoo'],
];

test.each(rows)('%s (%j) during %o is %s, %s', (name, message, site, code, meaning) => {
  const error = faultOfException({ name, message }, site);
  expect([error.code, `${error.retry}/${error.scope}`]).toEqual([code, meaning]);
});

test('names the class of an exception in a server action, without any of its source', () => {
  const message = "UniqueViolation('Key (email)=(jane@example.com)') while evaluating\n'secret = 1'";
  const error = faultOfException({ name: 'builtins.ValueError', message }, run, 500);
  expect(error.details).toEqual({
    transport: 'json2',
    model: 'ir.actions.server',
    method: 'run',
    exception: 'builtins.ValueError',
    actionException: 'UniqueViolation',
    status: 500,
  });
});

test("never repeats Odoo's text, for any exception", () => {
  const names = [...new Set(rows.map(([name]) => name)), 'odoo.exceptions.UserError', 'jane doe@example.com'];
  const marked = fc
    .tuple(fc.string(), fc.string())
    .map(([before, after]) => `${before}jane@example.com${after}`);
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      marked,
      fc.constantFrom(call, run, login),
      (name, message, site) => {
        const error = faultOfException({ name, message }, site);
        expect(JSON.stringify([error.message, error.details, error.cause])).not.toContain('example.com');
      },
    ),
  );
});
