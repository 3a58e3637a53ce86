import { BridgeError } from '../errors.ts';
import type { HttpFailure, OpenHttpRequest } from '../http-client.ts';

/** Sweego's management API and who calls it. */
export type SweegoApi = {
  /** Base URL without trailing slash, for example `https://api.sweego.io`. */
  url: string;
  apiKey: string;
  /** UUID of the account; attachments are found under it. */
  clientUuid: string;
};

/** What a call is about, for errors: no address, no key. */
export type SweegoCall = 'attachment' | 'log' | 'logs';

export type SweegoDeps = { openHttpRequest: OpenHttpRequest };

/**
 * The error of a call that got no answer. In doubt it is tried again: Sweego's being away is no entry's fault.
 */
export function failureError(failure: HttpFailure, call: SweegoCall): BridgeError {
  if (failure.failure === 'too-large') return tooLarge(call, failure.cause);
  return new BridgeError(
    'SWEEGO_UNREACHABLE',
    `Sweego gave no answer (${call}: ${failure.failure}, ${failure.reason}). ` +
      'Check SWEEGO_API_URL and the network; it is tried again.',
    {
      retry: 'later',
      scope: 'sweego',
      cause: failure.cause,
      details: { call, failure: failure.failure, reason: failure.reason },
    },
  );
}

/**
 * The error of an answer that is not what was asked for.
 *
 * 404, 410 and 422 mean that this one thing is not there (any more). 429 may mean a rate or a quota (neither is
 * documented), and a redirect is nothing this API does: both wait, like 5xx.
 *
 * @see https://learn.sweego.io/docs/api-error-codes
 */
export function statusError(status: number, call: SweegoCall): BridgeError {
  const details = { call, status };
  if (status === 401 || status === 403) {
    return new BridgeError(
      'SWEEGO_API_KEY_REFUSED',
      `Sweego refuses the API key (${call}: ${status}). Enter a valid one in Odoo's settings, or set SWEEGO_API_KEY.`,
      { retry: 'later', scope: 'sweego', cause: undefined, details },
    );
  }
  if ([400, 404, 410, 422].includes(status)) {
    if (call === 'logs') return logNotThere(status);
    return new BridgeError(
      'SWEEGO_NOT_FOUND',
      `Sweego does not have it (any more) (${call}: ${status}). Check the account's UUID (SWEEGO_CLIENT_UUID) if this concerns every mail.`,
      { retry: 'never', scope: 'entry', cause: undefined, details },
    );
  }
  return new BridgeError(
    'SWEEGO_UNAVAILABLE',
    `Sweego cannot answer now (${call}: ${status}). It is tried again; if it lasts, look at Sweego's status page.`,
    { retry: 'later', scope: 'sweego', cause: undefined, details },
  );
}

/** The log itself is always there, so the question or its address is wrong, which concerns every mail. */
function logNotThere(status: number): BridgeError {
  return new BridgeError(
    'SWEEGO_NOT_FOUND',
    `Sweego does not know what it is asked (logs: ${status}), so its log cannot be read. ` +
      'Check SWEEGO_API_URL (usually https://api.sweego.io); if that is right, Sweego has changed its API: report it.',
    { retry: 'later', scope: 'sweego', cause: undefined, details: { call: 'logs', status } },
  );
}

/** An attachment or a page of the log that is longer than any should be. */
export function tooLarge(call: SweegoCall, cause: unknown): BridgeError {
  if (call === 'logs') {
    return new BridgeError(
      'SWEEGO_ANSWER_TOO_LARGE',
      "A page of Sweego's log is larger than any should be (logs). Check SWEEGO_API_URL (usually https://api.sweego.io); " +
        'if that is right, report it.',
      { retry: 'later', scope: 'sweego', cause, details: { call } },
    );
  }
  return new BridgeError(
    'SWEEGO_ANSWER_TOO_LARGE',
    `Sweego's answer is larger than any mail may be (${call}). Ask the sender for the file on another way.`,
    { retry: 'never', scope: 'entry', cause, details: { call } },
  );
}

/** @throws BridgeError SWEEGO_API_KEY_MISSING */
export function requireLogApiKey(apiKey: string | null): string {
  if (apiKey !== null) return apiKey;
  throw new BridgeError(
    'SWEEGO_API_KEY_MISSING',
    "Sweego's log cannot be read without an API key. Enter one in Odoo's settings, or set SWEEGO_API_KEY.",
    { retry: 'later', scope: 'sweego', cause: undefined },
  );
}
