import { bridgeError } from '../errors.ts';
import type { BridgeError } from '../errors.ts';
import type { OpenHttpAnswer } from '../http-client.ts';
import { failureError, statusError } from './api.ts';
import type { SweegoApi, SweegoDeps } from './api.ts';
import { readJsonAnswer } from './json-body.ts';

/** Sweego's own limit. */
const pageSize = 500;
/**
 * Part of a page that is asked for again with the next one: how Sweego sorts is not documented, and rows that
 * vanish meanwhile must not push others over the edge of a page. What is seen twice does no harm.
 */
const pageOverlap = 0.1;
/** A million rows: more is no window of a week, but an answer that never ends. */
const mostPages = 2_000;
const timeoutMs = 30_000;
const longestAnswerBytes = 32_000_000;
/** Longest pause that is waited for within a run, milliseconds. */
const longestPauseMs = 60_000;
/** Longest pause that Sweego is believed to mean, milliseconds. */
const longestStatedMs = 24 * 60 * 60_000;
const dayMs = 24 * 60 * 60_000;
/** Pauses after 429 without Retry-After, milliseconds. */
const pausesMs = [2_000, 8_000, 30_000];

export type LogQuery = {
  channel: 'email' | 'email_inbound';
  /** A From domain; left out for inbound mails. */
  domain?: string;
  /** Of outgoing mails: a recipient or a swg_uid. */
  searchWord?: string;
  /** Until now. Sweego knows whole days only, and in which zone is not documented, so the day before is read too. */
  from: Date;
};

export type LogDeps = SweegoDeps & {
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** A page of rows as Sweego wrote them; `refused` when Sweego says that there are none by answering 422. */
export type LogPage = { rows: readonly unknown[]; isRefused: boolean };

/**
 * Reads Sweego's log page by page, each row at least once as long as less than a tenth of a page vanishes in
 * between; rows come repeatedly, and in no order that could be relied on. One page is in memory at a time.
 *
 * 422 is how Sweego answers for a domain without rows. The end is where the total says, or an empty page; an end before
 * the total, as after a failure within, is none. Which of `/logs/` and
 * `/logs` is right differs from place to place: the other is asked when one is not there. 429 is waited for as
 * long as it says, up to a minute, three times.
 *
 * @throws BridgeError SWEEGO_UNREACHABLE, SWEEGO_UNAVAILABLE, SWEEGO_TOO_MANY_REQUESTS (detail `retryAfterSeconds`, when
 *   Sweego named it), SWEEGO_API_KEY_REFUSED, SWEEGO_LOGS_UNREADABLE, SWEEGO_ANSWER_TOO_LARGE; pages before it have been
 *   handed out
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
  /** How many rows there are at least, as far as is known. */
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
      // Without a total, a service that takes no offset cannot be told from one that has no more.
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

/** Undefined when it was waited for often enough, or would be too long. */
function pauseOf(answer: OpenHttpAnswer, pauses: number): number | undefined {
  const usual = pausesMs[pauses];
  const pauseMs = statedPauseOf(answer) ?? usual;
  return usual === undefined || pauseMs === undefined || pauseMs > longestPauseMs ? undefined : pauseMs;
}

/** Retry-After in seconds (RFC 9110, section 10.2.3), as milliseconds; its form as a date is not used by Sweego. */
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

/** `state` is documented as required, and left out in practice; a failure may come as 200 with `{msg}` alone. */
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
