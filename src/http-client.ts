import { Client, errors } from 'undici';
import { lookupPublic, refuseLiteralAddress } from './public-address.ts';

/** One HTTP request. */
export type HttpRequest = {
  method: 'GET' | 'POST';
  /** Absolute http or https URL. */
  url: string;
  /** Must not contain Host, Connection or Content-Length. */
  headers: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** Time limit of the whole exchange, with connecting and reading, milliseconds. */
  timeoutMs: number;
  /** A larger answer is cut off and reported as `too-large`. */
  maxResponseBytes: number;
  /** Refuses loopback, private and reserved addresses, also as the result of a name lookup (`connect`). */
  publicAddressesOnly?: boolean;
  /** Cancels the request (`aborted`), for example while stopping. */
  signal?: AbortSignal;
};

export type HttpAnswer = {
  status: number;
  /** Names in lower case; repeated headers joined by `, `. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
};

/** Why there is no answer. */
export type HttpFailure = {
  /**
   * - `invalid`: the URL or a header cannot be sent at all.
   * - `connect`: no connection (refused, unknown host, TLS).
   * - `timeout`: `timeoutMs` passed.
   * - `reset`: the connection broke before the answer was complete.
   * - `not-http`: the answer is not HTTP.
   * - `too-large`: the answer is larger than `maxResponseBytes`.
   * - `aborted`: by `signal`.
   */
  failure: 'invalid' | 'connect' | 'timeout' | 'reset' | 'not-http' | 'too-large' | 'aborted';
  /** False only when certainly no byte of the request was sent. */
  maybeSent: boolean;
  /** The code of Node or undici, for example `ECONNREFUSED`; without one, the class of the error. */
  reason: string;
  cause: unknown;
};

/** Sends one request. Never throws because of the network or the server. */
export type SendHttpRequest = (request: HttpRequest) => Promise<HttpAnswer | HttpFailure>;

/** An answer whose body arrives piece by piece. */
export type OpenHttpAnswer = Omit<HttpAnswer, 'body'> & {
  /** Read it once, or call `discard`. Throws HttpBodyError when it ends early. */
  body: AsyncIterable<Uint8Array>;
  /** Closes the connection; the unread rest is lost. */
  discard(): void;
};

/** Like SendHttpRequest, but returns when status and headers have arrived. */
export type OpenHttpRequest = (request: HttpRequest) => Promise<OpenHttpAnswer | HttpFailure>;

/** Thrown while a body is read. */
export class HttpBodyError extends Error {
  readonly failure: HttpFailure;

  constructor(failure: HttpFailure) {
    super(`the answer's body ended early: ${failure.failure}`, { cause: failure.cause });
    this.name = 'HttpBodyError';
    this.failure = failure;
  }
}

const connectTimeoutMs = 10_000;

/**
 * Sends a request over its own connection, and follows no redirect.
 *
 * Odoo closes the connection after every answer. A request on a kept connection could fail, and it would be unknown
 * whether it arrived. Therefore each request has its own undici client.
 */
export const sendHttpRequest: SendHttpRequest = async (request) => {
  const answer = await openHttpRequest(request);
  if ('failure' in answer) return answer;
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    return { status: answer.status, headers: answer.headers, body: new Uint8Array(Buffer.concat(chunks)) };
  } catch (error) {
    if (error instanceof HttpBodyError) return error.failure;
    throw error;
  }
};

/** Like `sendHttpRequest`; the limits of time and size include the body, even when it is read slowly. */
export const openHttpRequest: OpenHttpRequest = async (request) => {
  if (request.signal?.aborted) {
    return { failure: 'aborted', maybeSent: false, reason: 'AbortError', cause: request.signal.reason };
  }
  const attempt = { connected: false, timedOut: false };
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(() => {
    attempt.timedOut = true;
    abort();
  }, request.timeoutMs);
  request.signal?.addEventListener('abort', abort);
  let client: Client | undefined;
  const close = () => {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', abort);
    void client?.destroy();
  };
  const failed = (error: unknown): HttpFailure => {
    close();
    return {
      failure: failureOf(error, { ...attempt, aborted: request.signal?.aborted === true }),
      maybeSent: attempt.connected,
      reason: reasonOf(error),
      cause: error,
    };
  };
  try {
    const url = new URL(request.url);
    if (request.publicAddressesOnly === true) refuseLiteralAddress(url.hostname);
    client = new Client(url.origin, {
      connect: {
        timeout: Math.min(connectTimeoutMs, request.timeoutMs),
        ...(request.publicAddressesOnly === true ? { lookup: lookupPublic } : {}),
      },
      autoSelectFamily: true,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: request.maxResponseBytes,
    });
    client.on('connect', () => {
      attempt.connected = true;
    });
    const response = await client.request({
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: request.headers,
      body: request.body ?? null,
      signal: controller.signal,
      reset: true,
    });
    return {
      status: response.statusCode,
      headers: flatten(response.headers),
      body: bodyOf(response.body, failed, close),
      discard() {
        // Destroying the body emits an error, which nobody needs.
        response.body.on('error', () => undefined).destroy();
        close();
      },
    };
  } catch (error) {
    return failed(error);
  }
};

async function* bodyOf(
  body: AsyncIterable<unknown>,
  failed: (error: unknown) => HttpFailure,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Buffer;
  } catch (error) {
    const failure = failed(error);
    // Status and headers were HTTP, so the parser's complaint means that a chunked body broke off.
    throw new HttpBodyError(failure.failure === 'not-http' ? { ...failure, failure: 'reset' } : failure);
  } finally {
    close();
  }
}

function failureOf(
  error: unknown,
  attempt: { connected: boolean; timedOut: boolean; aborted: boolean },
): HttpFailure['failure'] {
  if (attempt.timedOut) {
    return 'timeout';
  }
  if (attempt.aborted) {
    return 'aborted';
  }
  if (error instanceof errors.InvalidArgumentError || reasonOf(error) === 'ERR_INVALID_URL') {
    return 'invalid';
  }
  if (!attempt.connected) {
    return 'connect';
  }
  if (error instanceof errors.ResponseExceededMaxSizeError) {
    return 'too-large';
  }
  return error instanceof errors.HTTPParserError ? 'not-http' : 'reset';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return 'unknown';
  }
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
