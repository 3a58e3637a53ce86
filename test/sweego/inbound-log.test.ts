import { afterEach, beforeEach, expect, it } from 'vitest';
import { startSweegoApi } from '../../demo/sweego-api.ts';
import type { SweegoApiStandIn } from '../../demo/sweego-api.ts';
import { openHttpRequest } from '../../src/http-client.ts';
import { findInboundLog } from '../../src/sweego/inbound-log.ts';
import { expectRefusal } from '../support/expect-refusal.ts';

let sweego: SweegoApiStandIn;
beforeEach(async () => {
  sweego = await startSweegoApi();
});
afterEach(() => sweego.close());

const find = (swgUid: string, changes = {}) =>
  findInboundLog({ openHttpRequest }, { ...sweego, ...changes }, swgUid);

it('adds the envelope’s recipient and the headers that the webhook lacks', async () => {
  sweego.setLog('04-1', {
    swg_uid: '04-1',
    status: 'received',
    inbound_recipient: { email: 'reply+3233.0@reply.example.org', name: '' },
    headers: { 'Auto-Submitted': ['auto-replied'], precedence: 'bulk' },
  });
  expect(await find('04-1')).toEqual({
    recipients: [{ name: '', address: 'reply+3233.0@reply.example.org' }],
    headers: new Map([
      ['auto-submitted', ['auto-replied']],
      ['precedence', ['bulk']],
    ]),
  });
  expect(sweego.requests).toEqual(['GET /logs/04-1']);
});

it.each([
  [{ status: 'received' }, { recipients: [], headers: new Map() }],
  [
    { status: 1, inbound_recipient: 'Ann <ann@example.com>', headers: [] },
    { recipients: [{ name: 'Ann', address: 'ann@example.com' }], headers: new Map() },
  ],
  [{ msg: 'No log found' }, undefined],
  [{}, undefined],
])('reads the usable parts of the log %j', async (log, expected) => {
  sweego.setLog('04-1', log);
  expect(await find('04-1')).toEqual(expected);
});

it('finds nothing about a mail that Sweego does not know, and never requests another path', async () => {
  expect(await find('04-unknown')).toBeUndefined();
  for (const status of [404, 422, 410]) {
    sweego.failNext(status);
    expect(await find('04-1')).toBeUndefined();
  }
  for (const uid of ['..', '', '../clients', '04-1/status?x#y']) await find(uid);
  expect(sweego.requests.slice(-2)).toEqual(['GET /logs/..%2Fclients', 'GET /logs/04-1%2Fstatus%3Fx%23y']);
});

it('fails while Sweego is unavailable or refuses the key, so that the mail waits for its headers', async () => {
  sweego.failNext(503);
  await expectRefusal(find('04-1'), {
    code: 'SWEEGO_UNAVAILABLE',
    retry: 'later',
    scope: 'sweego',
    says: /tried again/,
  });
  const refusal = {
    code: 'SWEEGO_API_KEY_REFUSED',
    retry: 'later',
    scope: 'sweego',
    says: /SWEEGO_API_KEY/,
  } as const;
  await expectRefusal(find('04-1', { apiKey: 'wrong' }), refusal);
});
