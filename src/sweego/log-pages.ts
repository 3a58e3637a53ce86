import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import type { OpenHttpAnswer } from '../http-client.ts';
import { failureError, statusError } from './api.ts';
import type { SweegoApi, SweegoDeps } from './api.ts';
import { readJsonAnswer } from './json-body.ts';

/** Rows of a page: Sweego's maximum. */
const pageSize = 500;
/**
 * The part of a page that the next page repeats. Sweego's sort order is not documented, and when rows disappear between
 * two requests, others move to an earlier page. Reading a row twice does no harm.
 */
const pageOverlap = 0.1;
/** About a million rows. No week has more, so a longer answer never ends. */
const mostPages = 2_000;
const timeoutMs = 30_000;
const longestAnswerBytes = 32_000_000;
/** The longest pause within a run, milliseconds. */
const longestPauseMs = 60_000;
/** A longer Retry-After is read as this one, milliseconds. */
const longestStatedMs = 24 * 60 * 60_000;
const dayMs = 24 * 60 * 60_000;
/** Pauses after 429 without Retry-After, milliseconds. */
const pausesMs = [2_000, 8_000, 30_000];

export type LogQuery = {
  channel: 'email' | 'email_inbound';
  /** A From domain. Inbound mails have none. */
  domain?: string;
  /** For outgoing mails: a recipient or a swg_uid. */
  searchWord?: string;
  /** The end is now. Sweego filters by whole days in an undocumented zone, so the day before is read too. */
  from: Date;
};

export type LogDeps = SweegoDeps & {
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** One page of rows, as Sweego wrote them. `isRefused`: Sweego answered 422, which means that there are no rows. */
type LogPage = { rows: readonly unknown[]; isRefused: boolean };

/**
 * Reads Sweego's log page by page. Every row is read at least once, as long as less than a tenth of a page disappears
 * between two requests. Rows may come twice and in any order. Only one page is in memory at a time.
 *
 * Sweego answers 422 for a domain without rows. The log ends at the total that Sweego states, or with an empty page. An
 * empty page before that total is an error, because Sweego may have failed within the log. Sweego's documentation gives
 * both `/logs/` and `/logs`: when one does not exist, the other is asked. After 429 the reader waits as long as Sweego
 * says, up to a minute, three times at most.
 *
 * @throws BridgeError SWEEGO_UNREACHABLE, SWEEGO_UNAVAILABLE, SWEEGO_TOO_MANY_REQUESTS (detail `retryAfterSeconds`, when
 *   Sweego named it), SWEEGO_API_KEY_REFUSED, SWEEGO_LOGS_UNREADABLE, SWEEGO_ANSWER_TOO_LARGE; the pages before the
 *   error have been returned
 * @see https://learn.sweego.io/docs/sweego/logs-logs-post
 */
export async function* readLogPages(
  deps: LogDeps,
  api: Pick<SweegoApi, 'url' | 'apiKey'>,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogPage> {
  const ask = createAsker(deps, api, signal);
  let offset = 0;
  /** The number of rows that Sweego stated last. */
  let expected = 0;
  let before: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await ask({ ...bodyOf(query), size: pageSize, offset });
    if (answer === 'refused' && page === 0) yield { rows: [], isRefused: true };
    const { rows, total } = answer === 'refused' ? { rows: [], total: undefined } : answer;
    if (rows.length === 0) {
      if (offset < expected) throw unreadable('it ends before the number of rows that it named');
      return;
    }
    const written = JSON.stringify([rows.length, rows[0], rows.at(-1)]);
    if (written === before) {
      // Without a total, Sweego may either ignore the offset or have no more rows.
      if (total === undefined && rows.length < pageSize) return;
      throw unreadable('it answers the same page again and again');
    }
    before = written;
    yield { rows, isRefused: false };
    expected = total ?? 0;
    if (total !== undefined && offset + rows.length >= total) return;
    offset += rows.length - Math.floor(rows.length * pageOverlap);
  }
  throw unreadable('it has no end');
}

function bodyOf({ channel, domain, searchWord, from }: LogQuery): Record<string, unknown> {
  return {
    channel,
    start_date: dayOf(new Date(from.getTime() - dayMs)),
    ...(domain === undefined ? {} : { domains: [domain] }),
    ...(searchWord === undefined ? {} : { search_word: searchWord }),
  };
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

type Asker = (
  body: Readonly<Record<string, unknown>>,
) => Promise<'refused' | { rows: readonly unknown[]; total: number | undefined }>;

function createAsker(
  { openHttpRequest, sleep }: LogDeps,
  api: Pick<SweegoApi, 'url' | 'apiKey'>,
  signal: AbortSignal,
): Asker {
  let path = '/logs/';

  async function post(body: string): Promise<OpenHttpAnswer> {
    const answer = await openHttpRequest({
      method: 'POST',
      url: `${api.url}${path}`,
      headers: { 'api-key': api.apiKey, 'content-type': 'application/json', accept: 'application/json' },
      body,
      timeoutMs,
      maxResponseBytes: longestAnswerBytes,
      signal,
    });
    if ('failure' in answer) throw failureError(answer, 'logs');
    return answer;
  }

  return async (query) => {
    const body = JSON.stringify(query);
    let pauses = 0;
    let hasSwitched = false;
    for (;;) {
      const answer = await post(body);
      if (answer.status === 200) return readAnswer((await readJsonAnswer(answer, 'logs'))?.value);
      answer.discard();
      if (answer.status === 422) return 'refused';
      if (isMoved(answer.status) && !hasSwitched) {
        path = path === '/logs' ? '/logs/' : '/logs';
        hasSwitched = true;
        continue;
      }
      if (answer.status !== 429) throw statusError(answer.status, 'logs');
      const pauseMs = pauseOf(answer, pauses);
      if (pauseMs === undefined) throw tooManyRequests(answer);
      pauses += 1;
      await sleep(pauseMs, signal);
    }
  };
}

function isMoved(status: number): boolean {
  return [301, 302, 307, 308, 404, 405].includes(status);
}

/** The next pause. Undefined after the last one, and when it would be too long. */
function pauseOf(answer: OpenHttpAnswer, pauses: number): number | undefined {
  const usual = pausesMs[pauses];
  const pauseMs = statedPauseOf(answer) ?? usual;
  return usual === undefined || pauseMs === undefined || pauseMs > longestPauseMs ? undefined : pauseMs;
}

/** Retry-After in seconds (RFC 9110, section 10.2.3), as milliseconds. Sweego does not use the form with a date. */
function statedPauseOf(answer: OpenHttpAnswer): number | undefined {
  const stated = /^\d{1,9}$/.exec(answer.headers['retry-after']?.trim() ?? '')?.[0];
  return stated === undefined ? undefined : Math.min(Number(stated) * 1000, longestStatedMs);
}

function tooManyRequests(answer: OpenHttpAnswer): BridgeError {
  const pauseMs = statedPauseOf(answer);
  return bridgeError('SWEEGO_TOO_MANY_REQUESTS', 'Sweego limits how often its log is read (429)', {
    details: pauseMs === undefined ? {} : { retryAfterSeconds: pauseMs / 1000 },
  });
}

/** `state` is documented as required but is often missing. A failure may be a 200 with only `{msg}`. */
function readAnswer(value: unknown): { rows: readonly unknown[]; total: number | undefined } {
  if (typeof value !== 'object' || value === null) throw unreadable('the answer is not a JSON object');
  const { state, result, nb_result_without_offset: total } = value as Record<string, unknown>;
  if (state === false) throw unreadable('it answers that it failed');
  if (Array.isArray(result)) return { rows: result as unknown[], total: countOf(total) };
  if (state === true && (result === undefined || result === null)) return { rows: [], total: 0 };
  throw unreadable('the answer holds no rows');
}

function countOf(value: unknown): number | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

function unreadable(fault: string): BridgeError {
  return bridgeError('SWEEGO_LOGS_UNREADABLE', `Sweego's log cannot be read: ${fault}`);
}

export type ReadLog = (query: LogQuery) => AsyncIterable<LogPage>;
