import { expect, test } from 'vitest';
import type { SendHttpRequest } from '../../src/http-client.ts';
import { createJsonRpc } from '../../src/odoo/json-rpc.ts';
import { expectRefusal } from '../support/expect-refusal.ts';

const connection = {
  url: 'http://odoo.example.com',
  database: 'example',
  login: 'bridge',
  secret: 'key',
  timeoutMs: 1_000,
};
const accessDenied = { name: 'odoo.exceptions.AccessDenied', message: 'Access Denied' };

type Asked = { service: string; method: string; args: unknown[] };

/** An Odoo that gives these answers in order, and keeps the requests. */
function answering(...answers: object[]): { send: SendHttpRequest; asked: Asked[] } {
  const asked: Asked[] = [];
  const send: SendHttpRequest = async ({ body }) => {
    asked.push((JSON.parse(String(body)) as { params: Asked }).params);
    const answer = answers.shift();
    expect(answer, 'an unexpected request').toBeDefined();
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, ...answer })),
    };
  };
  return { send, asked };
}

const methodsOf = (asked: readonly Asked[]) => asked.map(({ method }) => method);
const search = { model: 'res.partner', method: 'search', arguments: { domain: [] } };

test('authenticates once, even for calls at the same time', async () => {
  const { send, asked } = answering({ result: 7 }, { result: [1] }, { result: [1] }, { result: [1] });
  const odoo = createJsonRpc(connection, send);
  await Promise.all([odoo.call(search), odoo.call(search)]);
  await odoo.call(search);
  expect(methodsOf(asked)).toEqual(['authenticate', 'execute_kw', 'execute_kw', 'execute_kw']);
  expect(asked[0]?.args).toEqual(['example', 'bridge', 'key', {}]);
  expect(asked[1]?.args.slice(0, 5)).toEqual(['example', 7, 'key', 'res.partner', 'search']);
});

test('does not repeat a call after a refused credential, and authenticates again for the next call', async () => {
  const { send, asked } = answering(
    { result: 7 },
    { error: { data: accessDenied } },
    { result: 8 },
    { result: [1] },
  );
  const odoo = createJsonRpc(connection, send);
  await expectRefusal(odoo.call(search), {
    code: 'ODOO_AUTHENTICATION',
    retry: 'never',
    scope: 'odoo',
    says: /ODOO_LOGIN/,
  });
  expect(methodsOf(asked)).toEqual(['authenticate', 'execute_kw']);
  expect(await odoo.call(search)).toEqual([1]);
  expect(asked.at(-1)?.args[1]).toBe(8);
});

test('does not remember a login that failed', async () => {
  const { send, asked } = answering({ result: false }, { result: 7 }, { result: [1] });
  const odoo = createJsonRpc(connection, send);
  await expectRefusal(odoo.call(search), {
    code: 'ODOO_AUTHENTICATION',
    retry: 'never',
    scope: 'odoo',
    says: /ODOO_LOGIN/,
    details: { step: 'authenticate', model: 'res.partner', method: 'search' },
  });
  expect(await odoo.call(search)).toEqual([1]);
  expect(methodsOf(asked)).toEqual(['authenticate', 'authenticate', 'execute_kw']);
});

test('passes ids as the first positional argument only when the call has ids', async () => {
  const { send, asked } = answering({ result: 7 }, { result: true }, { result: [1] }, { result: [2] });
  const odoo = createJsonRpc(connection, send);
  await odoo.call({ model: 'm', method: 'write', ids: [1], arguments: { vals: {} }, context: { a: 1 } });
  await odoo.call({ model: 'm', method: 'search', arguments: { domain: [] } });
  await odoo.call({ model: 'm', method: 'create', arguments: { vals_list: [{ a: 1 }] } });
  expect(asked.slice(1).map(({ args }) => args.slice(5))).toEqual([
    [[[1]], { vals: {}, context: { a: 1 } }],
    [[], { domain: [] }],
    [[[{ a: 1 }]], {}],
  ]);
});
