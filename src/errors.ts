/** Whether repeating the same call by itself can help. When in doubt: `later`. */
export type Retry = 'later' | 'never';

/**
 * What an error says something about.
 * - `entry`: this one entry. The only scope that uses up an entry's attempts or parks it.
 * - `odoo`: the whole Odoo side (down, key refused, database gone, not provisioned). Work pauses.
 * - `sweego`: Sweego's API. Work that needs it pauses.
 * - `bridge`: this installation (configuration, disk).
 */
export type ErrorScope = 'entry' | 'odoo' | 'sweego' | 'bridge';

/** Ids, counts, model and variable names. Never an address, a subject, a body or a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export type BridgeErrorOptions = {
  retry: Retry;
  scope: ErrorScope;
  /** The error this one was made from; `undefined` must be written out where there is none. */
  cause: unknown;
  details?: ErrorDetails;
};

/**
 * The one error class of the bridge. Switch on `code` (documented in docs/errors.md) or `retry`, never on
 * the text; the message ends with what mends it.
 */
export class BridgeError extends Error {
  readonly code: string;
  readonly retry: Retry;
  readonly scope: ErrorScope;
  readonly details: ErrorDetails;

  constructor(code: string, message: string, options: BridgeErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'BridgeError';
    this.code = code;
    this.retry = options.retry;
    this.scope = options.scope;
    this.details = options.details ?? {};
  }
}

/** The code of a BridgeError, else the class name: the messages of other errors quote data. */
export function codeOf(error: unknown): string {
  if (error instanceof BridgeError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
