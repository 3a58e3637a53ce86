import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import type { HttpFailure, OpenHttpRequest } from '../http-client.ts';

/** The address of Sweego's management API and the account that calls it. */
export type SweegoApi = {
  /** Base URL without trailing slash, for example `https://api.sweego.io`. */
  url: string;
  apiKey: string;
  /** UUID of the account. It is part of the path of an attachment. */
  clientUuid: string;
};

/** The kind of a call, for errors. It holds no address and no key. */
export type SweegoCall = 'attachment' | 'log' | 'logs';

const checkUrl = 'Check SWEEGO_API_URL (usually https://api.sweego.io); if it is right';

export type SweegoDeps = { openHttpRequest: OpenHttpRequest };

/**
 * The error of a call that got no answer. It is retried: an outage of Sweego is not the fault of one entry.
 */
export function failureError(failure: HttpFailure, call: SweegoCall): BridgeError {
  if (failure.failure === 'too-large') return tooLarge(call, failure.cause);
  const { failure: kind, reason, cause } = failure;
  return bridgeError('SWEEGO_UNREACHABLE', `Sweego gave no answer (${call}: ${kind}, ${reason})`, {
    cause,
    details: { call, failure: kind, reason },
  });
}

/**
 * The error of an answer other than 200.
 *
 * 404, 410 and 422 mean that the requested object does not exist, or no longer. 429 may mean a rate limit or a quota;
 * Sweego documents neither. This API does not redirect. So 429 and redirects are retried like 5xx.
 *
 * @see https://learn.sweego.io/docs/api-error-codes
 */
export function statusError(status: number, call: SweegoCall): BridgeError {
  const details = { call, status };
  if (status === 401 || status === 403) {
    return bridgeError('SWEEGO_API_KEY_REFUSED', `Sweego refuses the API key (${call}: ${status})`, {
      details,
    });
  }
  if ([400, 404, 410, 422].includes(status)) {
    if (call === 'logs') return logNotFound(status);
    return bridgeError('SWEEGO_NOT_FOUND', `It no longer exists at Sweego (${call}: ${status})`, { details });
  }
  return bridgeError('SWEEGO_UNAVAILABLE', `Sweego is unavailable (${call}: ${status})`, { details });
}

/** Sweego's log always exists. So the request or its address is wrong, which concerns every mail. */
function logNotFound(status: number): BridgeError {
  return bridgeError('SWEEGO_NOT_FOUND', `Sweego refuses the request for its log (logs: ${status})`, {
    fix: `${checkUrl}, Sweego has changed its API: report it.`,
    retry: 'later',
    scope: 'sweego',
    details: { call: 'logs', status },
  });
}

/** The error of an attachment, or a page of the log, that is larger than expected. */
export function tooLarge(call: SweegoCall, cause?: unknown): BridgeError {
  const options = { cause, details: { call } };
  if (call !== 'logs') {
    return bridgeError(
      'SWEEGO_ANSWER_TOO_LARGE',
      `The answer is larger than a mail may be (${call})`,
      options,
    );
  }
  return bridgeError('SWEEGO_ANSWER_TOO_LARGE', "A page of Sweego's log is larger than expected (logs)", {
    ...options,
    fix: `${checkUrl}, report it.`,
    retry: 'later',
    scope: 'sweego',
  });
}

/** @throws BridgeError SWEEGO_API_KEY_MISSING */
export function requireLogApiKey(apiKey: string | null): string {
  if (apiKey !== null) return apiKey;
  throw bridgeError('SWEEGO_API_KEY_MISSING', "Sweego's log cannot be read without an API key", {
    fix: "Enter one in Odoo's settings, or set SWEEGO_API_KEY.",
  });
}
