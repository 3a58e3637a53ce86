import { expect, test } from 'vitest';
import type { CallSite } from '../../../src/odoo/odoo-error.ts';
import { faultOfXmlRpc, isNoneResult } from '../../../src/odoo/xml-rpc/xml-rpc-fault.ts';

const call: CallSite = { transport: 'xmlrpc', step: 'call', model: 'res.partner', method: 'write' };

/** A traceback as Odoo 19 on Python 3.13 writes it (traceback.format_exception), with `functions` as its frames. */
const traceback = (exception: string, functions: readonly string[] = ['xmlrpc_2', 'call_kw']) =>
  `Traceback (most recent call last):\n${functions
    .map(
      (name) =>
        `  File "/usr/lib/python3/x.py", line 9, in ${name}\n    f(self, value, write)\n    ~^^^^^^^^\n`,
    )
    .join('')}${exception}\n`;
const writing = ['xmlrpc_2', '_xmlrpc', 'dumps', 'dumps', '__dump'];
const noNone = 'TypeError: cannot marshal None unless allow_none is enabled';

const rows: readonly [faultCode: number, faultString: string, code: string, meaning: string][] = [
  [2, "Object res.partner doesn't exist", 'ODOO_MODEL_MISSING', 'never/odoo'],
  [
    2,
    'Record does not exist or has been deleted.\n(Record: res.partner(9,), User: 2)',
    'ODOO_RECORD_MISSING',
    'never/entry',
  ],
  [2, 'Cannot grab a lock on records', 'ODOO_LOCKED', 'later/entry'],
  [2, 'The operation cannot be completed: Names are unique', 'ODOO_VALIDATION', 'never/entry'],
  [2, 'You cannot delete that.', 'ODOO_USER_ERROR', 'never/entry'],
  // A constraint written in Python has no text of its own. JSON-2 reports it as ODOO_VALIDATION.
  [2, 'The start must be before the end.', 'ODOO_USER_ERROR', 'never/entry'],
  [3, 'Access Denied', 'ODOO_AUTHENTICATION', 'never/odoo'],
  [4, 'You are not allowed to do that.', 'ODOO_ACCESS', 'never/odoo'],
  [1, traceback('ValueError: Wrong value for res.partner.type'), 'ODOO_VALUE', 'never/entry'],
  [
    1,
    traceback("AttributeError: The method 'res.partner.write' does not exist"),
    'ODOO_METHOD_MISSING',
    'never/odoo',
  ],
  [
    1,
    traceback('psycopg2.errors.SerializationFailure: could not serialize access\n'),
    'ODOO_CONFLICT',
    'later/entry',
  ],
  [
    1,
    traceback('psycopg2.errors.LockNotAvailable: canceling\nCONTEXT:  while locking'),
    'ODOO_CONFLICT',
    'later/entry',
  ],
  [1, traceback('odoo.exceptions.ConcurrencyError'), 'ODOO_CONFLICT', 'later/entry'],
  [
    1,
    traceback('psycopg2.OperationalError: connection failed: FATAL:  database "x" does not exist\n'),
    'ODOO_DATABASE',
    'never/odoo',
  ],
  [1, traceback('psycopg2.OperationalError: server closed the connection'), 'ODOO_UNAVAILABLE', 'later/odoo'],
  [1, traceback('werkzeug.exceptions.RequestEntityTooLarge: 413 Too Large'), 'ODOO_TOO_LARGE', 'never/entry'],
  [1, traceback('ZeroDivisionError: division by zero'), 'ODOO_SERVER', 'later/entry'],
  [1, traceback("ValueError: UniqueViolation('dup') while evaluating\n'code'"), 'ODOO_SERVER', 'later/entry'],
  [1, 'something else', 'ODOO_SERVER', 'later/entry'],
  // Raised after the commit, while Odoo wrote the result.
  [
    1,
    traceback('OverflowError: int exceeds XML-RPC limits', [...writing, 'dump_long']),
    'ODOO_BAD_ANSWER',
    'later/entry',
  ],
  [1, traceback(noNone, [...writing, 'dump_struct', '__dump', 'dump_nil']), 'ODOO_BAD_ANSWER', 'later/entry'],
  [
    1,
    traceback("TypeError: cannot marshal <class 'set'> objects", [...writing]),
    'ODOO_BAD_ANSWER',
    'later/entry',
  ],
  [-32601, 'server error. requested method not found', 'ODOO_NOT_ODOO', 'later/odoo'],
];

test.each(rows)('fault %i %j is %s, %s', (faultCode, faultString, code, meaning) => {
  const error = faultOfXmlRpc({ faultCode, faultString }, call);
  expect([error.code, `${error.retry}/${error.scope}`]).toEqual([code, meaning]);
});

test('reads the last exception of a chain', () => {
  const faultString = `${traceback("KeyError: 'x'")}\nDuring handling of the above exception, another exception occurred:\n\n${traceback('ValueError: Invalid field')}`;
  expect(faultOfXmlRpc({ faultCode: 1, faultString }, call).details).toMatchObject({
    exception: 'builtins.ValueError',
  });
});

test('recognises a database without users during the login, by the missing key', () => {
  const faultString = traceback("KeyError: 'res.users'");
  expect(faultOfXmlRpc({ faultCode: 1, faultString }, { ...call, step: 'authenticate' }).code).toBe(
    'ODOO_DATABASE',
  );
});

test('reads None as a result only when it is the whole result', () => {
  const result = traceback(noNone, [...writing, 'dump_nil']);
  expect(isNoneResult({ faultCode: 1, faultString: result })).toBe(true);
  for (const faultString of [
    traceback(noNone, [...writing, 'dump_array', '__dump', 'dump_nil']),
    traceback(noNone, [...writing, 'dump_struct', '__dump', 'dump_nil']),
    // Another error that ends in the same words.
    traceback(noNone),
    traceback(`ValueError: ${noNone}`, [...writing, 'dump_nil']),
    traceback(`ValueError: no\n${noNone}`, [...writing, 'dump_nil']),
    noNone,
  ]) {
    expect(isNoneResult({ faultCode: 1, faultString }), faultString).toBe(false);
  }
  expect(isNoneResult({ faultCode: 2, faultString: result })).toBe(false);
});

test("never repeats Odoo's text, for any fault", () => {
  for (const faultCode of [1, 2, 3, 4, 5]) {
    for (const text of ['jane@example.com', traceback("ValueError: 'jane@example.com'")]) {
      const error = faultOfXmlRpc({ faultCode, faultString: text }, call);
      expect(JSON.stringify([error.message, error.details, error.cause])).not.toContain('example.com');
    }
  }
});
