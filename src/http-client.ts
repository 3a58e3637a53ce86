import { Client, errors } from 'undici';
import { lookupPublic, refuseLiteralAddress } from './public-address.ts';

/** One HTTP request. */
export type HttpRequest = {
  method: 'GET' | 'POST';
  /** Absolute http or https URL. */
  url: string;
  /** Must not hold Host, Connection or Content-Length. */
  headers: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** Limit of the whole exchange, connecting and reading included, in milliseconds. */
  timeoutMs: number;
  /** A larger answer is cut off and reported as `too-large`. */
  maxResponseBytes: number;
  /** Connects to no loopback, private or reserved address, whatever the host's name leads to (`connect`). */
  publicAddressesOnly?: boolean;
  /** Gives up at once (`aborted`), for example while stopping. */
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
   * - `not-http`: what answered does not speak HTTP.
   * - `too-large`: the answer passed `maxResponseBytes`.
   * - `aborted`: by `signal`.
   */
  failure: 'invalid' | 'connect' | 'timeout' | 'reset' | 'not-http' | 'too-large' | 'aborted';
  /** False only when it is certain that no byte of the request left. */
  maybeSent: boolean;
  /** Node's or undici's code, for example `ECONNREFUSED`; the error's class where it has none. */
  reason: string;
  cause: unknown;
};

/** Sends one request; never throws for what the network or the other side does. */
export type SendHttpRequest = (request: HttpRequest) => Promise<HttpAnswer | HttpFailure>;

/** An answer whose body comes piece by piece. */
export type OpenHttpAnswer = Omit<HttpAnswer, 'body'> & {
  /** To be read once, or `discard` called. Throws HttpBodyError when it ends early. */
  body: AsyncIterable<Uint8Array>;
  /** Closes the connection; what was not read is lost. */
  discard(): void;
};

/** As SendHttpRequest, but returns as soon as status and headers are there. */
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
 * Sends a request over a connection of its own and follows no redirect.
 *
 * Odoo closes the connection after every answer, so a kept socket is a socket that is about to break; a
 * request sent on it fails without anybody knowing whether it arrived. Hence one undici client per request.
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

/** As `sendHttpRequest`; time and size limits hold for the body too, however slowly it is read. */
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
        // Ends what waits for the body; nobody is there to be told.
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
    // Status and headers were HTTP: a chunked body that breaks off is what the parser complains about.
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
