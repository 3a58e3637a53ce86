import { describe, expect, it } from 'vitest';
import { errorKinds } from '../src/error-codes.ts';
import { bridgeError, codeOf, isUsageError } from '../src/errors.ts';

describe('an error of the bridge', () => {
  it('has the retry and scope of its code, and ends with the fix of its code', () => {
    const cause = new Error('the disk is full');
    const error = bridgeError('INBOX_NEWER', 'The inbox is newer', { cause, details: { found: 9 } });
    expect(error).toMatchObject({
      name: 'BridgeError',
      code: 'INBOX_NEWER',
      retry: 'never',
      scope: 'bridge',
      message: 'The inbox is newer. Start the release that wrote it, or a later one.',
      details: { found: 9 },
    });
    expect(error.cause).toBe(cause);
  });

  it('has another fix, retry and scope when the code that raises it gives them', () => {
    const special = { fix: 'Ask again.', retry: 'later', scope: 'sweego' } as const;
    const error = bridgeError('SWEEGO_NOT_FOUND', 'There is no log', special);
    expect(error).toMatchObject({ message: 'There is no log. Ask again.', retry: 'later', scope: 'sweego' });
  });

  it('is named by its code in a log, and every other error by its class', () => {
    expect(codeOf(bridgeError('INBOX_CLOSED', 'The inbox is closed'))).toBe('INBOX_CLOSED');
    expect(codeOf(new TypeError('quotes a body'))).toBe('TypeError');
    expect(codeOf('quotes a body')).toBe('unknown');
  });
});

describe('the table of error codes', () => {
  it('has a fix for each code: whole sentences, or a text that ends with a command to copy', () => {
    const fixed = /^[A-Z].*(?:\.|: sweego-odoo-bridge [a-z -]+)$/;
    expect(Object.entries(errorKinds).filter(([, { fix }]) => !fixed.test(fix))).toEqual([]);
  });

  it('knows which errors are those of the command line and the configuration', () => {
    const codes = (Object.keys(errorKinds) as (keyof typeof errorKinds)[]).filter((code) =>
      isUsageError(bridgeError(code, 'Something failed')),
    );
    expect(codes.sort()).toEqual([
      'CONFIG_INVALID',
      'INBOX_FILE_MISSING',
      'INBOX_OPTION_INVALID',
      'INBOX_SELECTION_INVALID',
      'INBOX_URL_INVALID',
    ]);
  });
});
