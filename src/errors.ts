import { errorKinds } from './error-codes.ts';
import type { ErrorCode } from './error-codes.ts';
import type { ErrorScope, Retry } from './error-kind.ts';

export type { ErrorCode } from './error-codes.ts';
export type { ErrorScope, Retry } from './error-kind.ts';

/** Ids, counts, model and variable names. Never an address, a subject, a body or a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

type BridgeErrorOptions = {
  /** The error this one was made from. Every `catch` that makes a BridgeError passes what it caught. */
  cause?: unknown;
  details?: ErrorDetails;
  /** Where the code's own fix does not fit. Whole sentences. */
  fix?: string | undefined;
  /** Where the code means something else than usual at this place, as docs/errors.md says. */
  retry?: Retry | undefined;
  scope?: ErrorScope;
};

/**
 * The one error class of the bridge. Switch on `code` (documented in docs/errors.md), `retry` or `scope`, never on
 * the text. Made by `bridgeError` alone.
 */
export class BridgeError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly scope: ErrorScope;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retry: Retry; scope: ErrorScope; cause: unknown; details?: ErrorDetails | undefined },
  ) {
    super(message, { cause: options.cause });
    this.name = 'BridgeError';
    this.code = code;
    this.retry = options.retry;
    this.scope = options.scope;
    this.details = options.details ?? {};
  }
}

/**
 * Makes the error of a code, with the code's retry and scope. Its message says what happened and ends with the fix.
 *
 * @param what one sentence or several, without the last full stop
 */
export function bridgeError(code: ErrorCode, what: string, options: BridgeErrorOptions = {}): BridgeError {
  const kind = errorKinds[code];
  return new BridgeError(code, `${what}. ${options.fix ?? kind.fix}`, {
    retry: options.retry ?? kind.retry,
    scope: options.scope ?? kind.scope,
    cause: options.cause,
    details: options.details,
  });
}

/** Whether the command line or the configuration is wrong, which is exit code 2. */
export function isUsageError({ code }: BridgeError): boolean {
  return errorKinds[code].isUsage;
}

/** The code of a BridgeError, else the class name: the messages of other errors quote data. */
export function codeOf(error: unknown): string {
  if (error instanceof BridgeError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
