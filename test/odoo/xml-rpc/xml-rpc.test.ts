import fc from 'fast-check';
import { expect, test } from 'vitest';
import { marshal } from '../../../demo/stand-in-odoo/rpc/xml-rpc-marshal.ts';
import { readMethodCall } from '../../../demo/stand-in-odoo/rpc/xml-rpc-request.ts';
import type { SendHttpRequest } from '../../../src/http-client.ts';
import type { OdooCall } from '../../../src/odoo/odoo.ts';
import { createXmlRpc } from '../../../src/odoo/xml-rpc/xml-rpc.ts';
import { expectRefusal } from '../../support/expect-refusal.ts';

const connection = {
  url: 'https://odoo.example.com:8443',
  database: 'example',
  login: 'bridge',
  secret: 'key <&> ]]>',
  timeoutMs: 1_000,
};
const search = { model: 'res.partner', method: 'search', arguments: { domain: [] } };

type Asked = { url: string; xml: string; methodName: string; params: unknown[] };

const result = (value: unknown) => `<params><param><value>${marshal(value)}</value></param></params>`;
const fault = (faultCode: number, faultString: string) =>
  `<fault><value>${marshal({ faultCode, faultString })}</value></fault>`;

/** An Odoo that gives these answers in order, and keeps the requests. */
function answering(...responses: string[]): { send: SendHttpRequest; asked: Asked[] } {
  const asked: Asked[] = [];
  const send: SendHttpRequest = async ({ url, body }) => {
    const xml = Buffer.from(body ?? '').toString('utf8');
    asked.push({ url, xml, ...readMethodCall(xml) });
    const response = responses.shift();
    expect(response, 'an unexpected request').toBeDefined();
    return {
      status: 200,
      headers: { 'content-type': 'text/xml; charset=utf-8' },
      body: Buffer.from(`<?xml version="1.0"?>\n<methodResponse>\n${response}\n</methodResponse>`),
    };
  };
  return { send, asked };
}

/** The request of one call, after the login. */
async function askedBy(call: OdooCall): Promise<Asked> {
  const { send, asked } = answering(result(7), result(true));
  await createXmlRpc(connection, send).call(call);
  expect(asked).toHaveLength(2);
  return asked[1] as Asked;
}

test('authenticates once, even for calls at the same time, and sends user and secret with each', async () => {
  const { send, asked } = answering(result(7), result([1]), result([1]), result([1]));
  const odoo = createXmlRpc(connection, send);
  await Promise.all([odoo.call(search), odoo.call(search)]);
  await odoo.call(search);
  expect(asked.map(({ url, methodName }) => [url, methodName])).toEqual([
    ['https://odoo.example.com:8443/xmlrpc/2/common', 'authenticate'],
    ...Array.from({ length: 3 }, () => ['https://odoo.example.com:8443/xmlrpc/2/object', 'execute_kw']),
  ]);
  expect(asked[0]?.params).toEqual(['example', 'bridge', 'key <&> ]]>', {}]);
  expect(asked[1]?.params).toEqual([
    'example',
    7,
    'key <&> ]]>',
    'res.partner',
    'search',
    [],
    { domain: [] },
  ]);
});

test('fails with ODOO_AUTHENTICATION when Odoo answers false to the login, and logs in again for the next call', async () => {
  const { send, asked } = answering(result(false), result(7), result([1]));
  const odoo = createXmlRpc(connection, send);
  await expectRefusal(odoo.call(search), {
    code: 'ODOO_AUTHENTICATION',
    retry: 'never',
    scope: 'odoo',
    says: /ODOO_LOGIN/,
    details: { step: 'authenticate', model: 'res.partner', method: 'search' },
  });
  expect(await odoo.call(search)).toEqual([1]);
  expect(asked.map(({ methodName }) => methodName)).toEqual(['authenticate', 'authenticate', 'execute_kw']);
});

test('does not repeat a call after a refused credential, and authenticates again for the next call', async () => {
  const { send, asked } = answering(result(7), fault(3, 'Access Denied'), result(8), result([1]));
  const odoo = createXmlRpc(connection, send);
  await expectRefusal(odoo.call(search), {
    code: 'ODOO_AUTHENTICATION',
    retry: 'never',
    scope: 'odoo',
    says: /ODOO_LOGIN/,
  });
  expect(asked).toHaveLength(2);
  expect(await odoo.call(search)).toEqual([1]);
  expect(asked.at(-1)?.params[1]).toBe(8);
});

test('sends numbers over 32 bits as i8 or double, never as int', async () => {
  const context = {
    size: 3_221_225_472,
    epochMs: -1_772_438_400_000,
    huge: 1e21,
    largest: 2 ** 31 - 1,
    half: 0.5,
  };
  const { xml, params } = await askedBy({ ...search, context });
  expect(params[6]).toMatchObject({ context });
  expect(xml).toContain('<i8>3221225472</i8>');
  expect(xml).toContain('<i8>-1772438400000</i8>');
  expect(xml).toContain('<double>1e+21</double>');
  expect(xml).toContain('<int>2147483647</int>');
  expect(xml).toContain('<double>0.5</double>');
});

test('sends booleans, null and undefined as in JSON, and a date as its ISO text', async () => {
  const context = {
    yes: true,
    no: false,
    none: null,
    left: undefined,
    list: [undefined, NaN],
    at: new Date(0),
  };
  const { params } = await askedBy({ ...search, context });
  expect(params[6]).toEqual({ domain: [], context: JSON.parse(JSON.stringify(context)) as unknown });
});

test('drops the control characters that XML cannot hold, and keeps tabs and line ends', async () => {
  const { params } = await askedBy({
    ...search,
    context: { 'k\u0000ey': 'a\u0000b\u001b[1m\ufffe\t\r\n\u007f' },
  });
  expect(params[6]).toMatchObject({ context: { key: 'ab[1m\t\r\n\u007f' } });
});

test('sends every value that XML can hold unchanged, and does not alter its input', async () => {
  const text = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom(']]>', '<![CDATA[', '&amp;', '\r', '\n', ' '),
        fc.string({ unit: 'grapheme' }),
      ),
    })
    // eslint-disable-next-line no-control-regex -- the characters that are dropped
    .map((each) => each.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ''));
  const json = fc.letrec((tie) => ({
    value: fc.oneof(text, fc.maxSafeInteger(), fc.boolean(), fc.constant(null), tie('list'), tie('struct')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    struct: fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  }));
  await fc.assert(
    fc.asyncProperty(json.struct, async (context) => {
      const given = structuredClone<Record<string, unknown>>(context);
      const { params } = await askedBy({ ...search, context: given });
      expect(params[6]).toEqual({ domain: [], context });
      expect(given).toEqual(context);
    }),
  );
});

test('returns null for a method that returned None, and calls it only once', async () => {
  const none = `Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/addons/rpc/controllers/xmlrpc.py", line 135, in _xmlrpc
    return dumps((result,))
  File "/usr/lib/python3.13/xmlrpc/client.py", line 510, in __dump
    f(self, value, write)
    ~^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.13/xmlrpc/client.py", line 514, in dump_nil
    raise TypeError("cannot marshal None unless allow_none is enabled")
TypeError: cannot marshal None unless allow_none is enabled
`;
  const { send, asked } = answering(result(7), fault(1, none));
  expect(
    await createXmlRpc(connection, send).call({ model: 'mail.mail', method: 'send', ids: [1] }),
  ).toBeNull();
  expect(asked).toHaveLength(2);
});

test('keeps neither the secret nor the answer in its errors', async () => {
  for (const response of [
    '<params><param><value><oops>shown</oops></value></param></params>',
    fault(2, 'shown'),
  ]) {
    const { send } = answering(result(7), response);
    const error: unknown = await createXmlRpc(connection, send)
      .call(search)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    const kept = error as Error & { details: unknown };
    expect(JSON.stringify([kept.message, kept.details, kept.cause])).not.toMatch(/shown|key </);
  }
});
