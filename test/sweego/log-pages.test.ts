import { afterEach, beforeEach, expect, it } from 'vitest';
import { startSweegoApi } from '../../demo/sweego-api.ts';
import type { SweegoApiStandIn } from '../../demo/sweego-api.ts';
import { openHttpRequest } from '../../src/http-client.ts';
import type { OpenHttpRequest } from '../../src/http-client.ts';
import { readLogPages } from '../../src/sweego/log-pages.ts';
import type { LogQuery } from '../../src/sweego/log-pages.ts';
import { expectRefusal } from '../support/expect-refusal.ts';

let sweego: SweegoApiStandIn;
const slept: number[] = [];
beforeEach(async () => {
  sweego = await startSweegoApi();
  slept.length = 0;
});
afterEach(() => sweego.close());

const ofDomain: LogQuery = {
  channel: 'email',
  domain: 'example.org',
  from: new Date('2026-11-20T23:59:00Z'),
};
const addRows = (count: number, first = 0) => {
  for (let index = first; index < first + count; index += 1) {
    sweego.logRows.push({
      swg_uid: `01-${index}`,
      domain_from: 'example.org',
      email_creation: '2026-11-22 08:00:00',
    });
  }
};

type Answer = { status: number; body?: unknown; headers?: Record<string, string> };
/** Answers in order. An extra request fails the test. */
function answering(...answers: Answer[]): { open: OpenHttpRequest; urls: string[] } {
  const urls: string[] = [];
  const open: OpenHttpRequest = async ({ url }) => {
    urls.push(url);
    const { status, body, headers = {} } = answers.shift() ?? expect.fail(`unexpected request ${url}`);
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
    const pieces = async function* () {
      yield bytes;
    };
    return { status, headers, body: pieces(), discard: () => undefined };
  };
  return { open, urls };
}

async function uidsOf(options: { open?: OpenHttpRequest; onPage?: () => void; query?: LogQuery } = {}) {
  const { open = openHttpRequest, onPage, query = ofDomain } = options;
  const uids: string[] = [];
  const sleep = async (ms: number) => void slept.push(ms);
  const pages = readLogPages({ openHttpRequest: open, sleep }, sweego, query, new AbortController().signal);
  for await (const { rows } of pages) {
    uids.push(...rows.map((row) => String((row as { swg_uid: unknown }).swg_uid)));
    onPage?.();
  }
  return uids;
}

it('reads every row since the day before the given one, for any zone of Sweego, in pages of 500', async () => {
  sweego.logRows.push(
    { swg_uid: 'before', domain_from: 'example.org', email_creation: '2026-11-18T23:59:59' },
    { swg_uid: 'first', domain_from: 'example.org', email_creation: '2026-11-19T00:00:01' },
    { swg_uid: 'last', domain_from: 'example.org', email_creation: '2026-11-25T23:59:59' },
    { swg_uid: 'other', domain_from: 'example.com', email_creation: '2026-11-22T00:00:00' },
  );
  addRows(1200);
  const uids = new Set(await uidsOf());
  expect(uids).toEqual(
    new Set(['first', 'last', ...Array.from({ length: 1200 }, (_, index) => `01-${index}`)]),
  );
  expect(sweego.requests).toEqual(Array.from({ length: 3 }, () => 'POST /logs/'));
});

it('misses no row when others disappear between two pages', async () => {
  addRows(1200);
  const read = await uidsOf({ onPage: () => sweego.logRows.splice(0, 25) });
  expect(new Set(read).size).toBe(1200);
});

it('misses no row when others appear between two pages', async () => {
  addRows(1200);
  const newer = { swg_uid: 'newer', domain_from: 'example.org', email_creation: '2026-11-24 08:00:00' };
  let pages = 0;
  const read = await uidsOf({
    onPage: () => {
      pages += 1;
      if (pages < 3) sweego.logRows.unshift(...Array.from({ length: 30 }, () => newer));
    },
  });
  expect(new Set(read.filter((uid) => uid !== 'newer')).size).toBe(1200);
});

it('reads 422 as a domain without rows, and asks once', async () => {
  expect(await uidsOf()).toEqual([]);
  expect(sweego.requests).toEqual(['POST /logs/']);
});

it.each([301, 307, 404, 405])('asks without the slash after %d, and continues without it', async (status) => {
  const rows = Array.from({ length: 500 }, (_, index) => ({ swg_uid: String(index) }));
  const { open, urls } = answering(
    { status },
    { status: 200, body: { result: rows } },
    { status: 200, body: { result: [] } },
  );
  expect(await uidsOf({ open })).toHaveLength(500);
  expect(urls.map((url) => new URL(url).pathname)).toEqual(['/logs/', '/logs', '/logs']);
});

it('reads rows without state, and an empty answer', async () => {
  const { open } = answering({
    status: 200,
    body: { result: [{ swg_uid: '1' }], nb_result_without_offset: 1 },
  });
  expect(await uidsOf({ open })).toEqual(['1']);
  expect(await uidsOf({ open: answering({ status: 200, body: { state: true } }).open })).toEqual([]);
});

it('reads until an empty page when no total is stated, even if the pages are short', async () => {
  const page = (first: number, count: number) => ({
    status: 200,
    body: { result: Array.from({ length: count }, (_, index) => ({ swg_uid: String(first + index) })) },
  });
  const { open } = answering(page(0, 100), page(90, 100), page(180, 5), { status: 422 });
  expect(new Set(await uidsOf({ open })).size).toBe(190);
  // Without an offset the same short page comes again.
  expect(await uidsOf({ open: answering(page(0, 3), page(0, 3)).open })).toHaveLength(3);
});

it.each([{ status: 422 }, { status: 200, body: { state: true, result: [] } }])(
  'reads an end before the total as a failure: %j',
  async (end) => {
    const rows = Array.from({ length: 500 }, (_, index) => ({ swg_uid: String(index) }));
    const first = { status: 200, body: { result: rows, nb_result_without_offset: '1200' } };
    await expect(uidsOf({ open: answering(first, end).open })).rejects.toMatchObject({
      code: 'SWEEGO_LOGS_UNREADABLE',
      message: expect.stringContaining('ends before') as unknown,
    });
  },
);

it.each([
  '{"msg":"internal error"}',
  '{"state":false}',
  '{"state":false,"result":[],"error":["oops"]}',
  '[]',
  'oops',
])('reads the answer 200 %s as a failure, not as "no rows"', async (body) => {
  const reading = uidsOf({ open: answering({ status: 200, body }).open });
  await expectRefusal(reading, {
    code: 'SWEEGO_LOGS_UNREADABLE',
    retry: 'later',
    scope: 'sweego',
    says: /next reconciliation reads it again/,
  });
});

it('names the address as the thing to check when neither path exists', async () => {
  const { open } = answering({ status: 404 }, { status: 404 });
  await expectRefusal(uidsOf({ open }), {
    code: 'SWEEGO_NOT_FOUND',
    retry: 'later',
    scope: 'sweego',
    says: /Check SWEEGO_API_URL/,
  });
});

it('stops when the same page comes again and again', async () => {
  const rows = Array.from({ length: 500 }, (_, index) => ({ swg_uid: String(index) }));
  const page = { status: 200, body: { result: rows, nb_result_without_offset: 100_000 } };
  await expect(uidsOf({ open: answering(page, page).open })).rejects.toMatchObject({
    code: 'SWEEGO_LOGS_UNREADABLE',
  });
});

it('waits as long as 429 says, and gives up when the wait is too long or comes too often', async () => {
  const tooMany = (headers: Record<string, string>) => ({ status: 429, headers });
  const rows = { status: 200, body: { result: [{ swg_uid: '1' }], nb_result_without_offset: 1 } };
  expect(await uidsOf({ open: answering(tooMany({ 'retry-after': '7' }), tooMany({}), rows).open })).toEqual([
    '1',
  ]);
  expect(slept).toEqual([7_000, 8_000]);
  const isAway = {
    code: 'SWEEGO_TOO_MANY_REQUESTS',
    retry: 'later',
    scope: 'sweego',
    says: /RECONCILE_CRON/,
  } as const;
  const anHour = uidsOf({ open: answering(tooMany({ 'retry-after': '3600' })).open });
  await expect(anHour).rejects.toMatchObject({ details: { retryAfterSeconds: 3600 } });
  await expectRefusal(anHour, isAway);
  const always = Array.from({ length: 4 }, () => tooMany({}));
  await expectRefusal(uidsOf({ open: answering(...always).open }), isAway);
});

it('asks once with a refused key', async () => {
  sweego.failNext(401);
  const refusal = {
    code: 'SWEEGO_API_KEY_REFUSED',
    retry: 'later',
    scope: 'sweego',
    says: /SWEEGO_API_KEY/,
  } as const;
  await expectRefusal(uidsOf(), refusal);
  expect(sweego.requests).toHaveLength(1);
});
