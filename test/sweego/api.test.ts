import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSweegoApi } from '../../demo/sweego-api.ts';
import type { SweegoApiStandIn } from '../../demo/sweego-api.ts';
import { openHttpRequest } from '../../src/http-client.ts';
import type { OpenHttpRequest } from '../../src/http-client.ts';
import { readLogPages } from '../../src/sweego/log-pages.ts';
import { expectRefusal } from '../support/expect-refusal.ts';

let sweego: SweegoApiStandIn;
beforeEach(async () => {
  sweego = await startSweegoApi();
});
afterEach(() => sweego.close());

async function readLog(open: OpenHttpRequest = openHttpRequest): Promise<void> {
  const query = { channel: 'email', from: new Date('2026-11-20T12:00:00Z') } as const;
  const deps = { openHttpRequest: open, sleep: async () => undefined };
  const pages = readLogPages(deps, sweego, query, new AbortController().signal);
  for await (const { rows } of pages) expect.fail(`${rows.length} rows were read`);
}

describe('a log that cannot be read', () => {
  it.each([400, 404])(
    'names the address of the API as the thing to check when Sweego answers %i',
    async (status) => {
      sweego.failNext(status, status);
      const error = await expectRefusal(readLog(), {
        code: 'SWEEGO_NOT_FOUND',
        retry: 'later',
        scope: 'sweego',
        says: /Check SWEEGO_API_URL/,
        details: { call: 'logs', status },
      });
      expect(error.message).not.toMatch(/UUID|sender/);
    },
  );

  it('is called a page, not a file, when the answer is too large', async () => {
    const open: OpenHttpRequest = (request) => openHttpRequest({ ...request, maxResponseBytes: 100 });
    sweego.logRows.push({ swg_uid: 'x'.repeat(200), email_creation: '2026-11-22 08:00:00' });
    const error = await expectRefusal(readLog(open), {
      code: 'SWEEGO_ANSWER_TOO_LARGE',
      retry: 'later',
      scope: 'sweego',
      says: /page of Sweego's log.*Check SWEEGO_API_URL/,
    });
    expect(error.message).not.toMatch(/file|sender/);
  });
});
