import { expect } from 'vitest';
import { BridgeError } from '../../src/errors.ts';
import type { ErrorCode, ErrorScope, Retry } from '../../src/errors.ts';

export type Refusal = {
  code: ErrorCode;
  retry: Retry;
  scope: ErrorScope;
  /** Words of the message that name the fix. */
  says: RegExp;
  details?: Readonly<Record<string, unknown>>;
};

/** Asserts that a promise is refused with this code, meaning and fix, and returns the error. */
export async function expectRefusal(promise: Promise<unknown>, refusal: Refusal): Promise<BridgeError> {
  const error: unknown = await promise.then(
    (value) => expect.fail(`expected ${refusal.code}, got the result ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BridgeError);
  const { code, retry, scope, message, details } = error as BridgeError;
  expect({ code, retry, scope }).toEqual({ code: refusal.code, retry: refusal.retry, scope: refusal.scope });
  expect(message).toMatch(refusal.says);
  expect(details).toMatchObject(refusal.details ?? {});
  return error as BridgeError;
}
