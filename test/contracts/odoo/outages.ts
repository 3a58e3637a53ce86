import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { sendHttpRequest } from '../../../src/http-client.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import type { OdooTransport } from '../../../src/odoo/create-odoo.ts';
import type { Odoo } from '../../../src/odoo/odoo.ts';
import { expectRefusal } from '../../support/expect-refusal.ts';
import type { Refusal } from '../../support/expect-refusal.ts';
import { openRawServer, rawAnswer } from '../../support/raw-server.ts';

const html = (status: string, text: string, headers?: readonly string[]) => (socket: Socket) =>
  socket.end(rawAnswer(status, 'text/html', `<html><p>${text}</p></html>`, headers));

const temporaryOdooFailure = { retry: 'later', scope: 'odoo' } as const;
const unavailable: Refusal = { ...temporaryOdooFailure, code: 'ODOO_UNAVAILABLE', says: /logs of the proxy/ };
const notOdoo: Refusal = { ...temporaryOdooFailure, code: 'ODOO_NOT_ODOO', says: /Set ODOO_URL/ };
const unreadable: Refusal = { retry: 'later', scope: 'entry', code: 'ODOO_BAD_ANSWER', says: /Odoo's log/ };

const outages: readonly (Refusal & { when: string; answer: (socket: Socket) => void })[] = [
  {
    when: 'a proxy answers 502',
    answer: html('502 Bad Gateway', 'down'),
    ...unavailable,
    details: { status: 502 },
  },
  { when: 'a proxy answers 503', answer: html('503 Service Unavailable', 'down'), ...unavailable },
  { when: 'a proxy answers 504', answer: html('504 Gateway Timeout', 'slow'), ...unavailable },
  { when: 'Odoo sends an error page', answer: html('500 Internal Server Error', 'oops'), ...unavailable },
  { when: 'a proxy limits the rate', answer: html('429 Too Many Requests', 'slow down'), ...unavailable },
  { when: 'another site answers', answer: html('200 OK', 'Welcome'), ...notOdoo },
  { when: 'there is no such page', answer: html('404 Not Found', 'Nothing here'), ...notOdoo },
  { when: 'a proxy forbids it', answer: html('403 Forbidden', 'no'), ...notOdoo, details: { status: 403 } },
  {
    when: 'the address has moved, and does not send the key to the new address',
    answer: html('301 Moved Permanently', 'moved', ['Location: http://127.0.0.1:9/']),
    ...notOdoo,
  },
  {
    when: 'the server does not speak HTTP',
    answer: (socket) => socket.end('220 mail.example.com ESMTP\r\n'),
    ...notOdoo,
  },
  {
    when: 'the proxy finds the request too large',
    answer: html('413 Request Entity Too Large', 'too large'),
    code: 'ODOO_TOO_LARGE',
    retry: 'never',
    scope: 'entry',
    says: /web\.max_file_upload_size.*client_max_body_size/,
  },
];

const answered = (type: string, body: string) => (socket: Socket) =>
  socket.end(rawAnswer('200 OK', type, body));
const answeredXml = (response: string) =>
  answered('text/xml', `<?xml version="1.0"?>\n<methodResponse>${response}</methodResponse>`);

const unreadableJson = [
  { when: 'the answer is truncated JSON', answer: answered('application/json', '{"jsonrpc": "2.0", "resu') },
  {
    when: 'the answer holds a number that JSON does not allow',
    answer: answered('application/json', '{"jsonrpc": "2.0", "result": NaN}'),
  },
];
const unreadableAnswers: Record<OdooTransport, typeof unreadableJson> = {
  json2: unreadableJson,
  jsonrpc: unreadableJson,
  xmlrpc: [
    {
      when: 'the answer is truncated XML',
      answer: answered('text/xml', '<?xml version="1.0"?><methodResponse><params><param><value><arr'),
    },
    {
      when: 'the answer holds a double that is not a number',
      answer: answeredXml('<params><param><value><double>nan</double></value></param></params>'),
    },
    {
      when: 'the answer is another document',
      answer: answered('text/xml', '<feed><title>News</title></feed>'),
    },
    { when: 'the answer is empty', answer: answeredXml('<params></params>') },
    { when: 'a fault has no value', answer: answeredXml('<fault></fault>') },
    { when: 'a fault is nil', answer: answeredXml('<fault><value><nil/></value></fault>') },
    {
      when: 'a fault follows a result',
      answer: answeredXml('<params><param><value><nil/></value></param></params><fault/>'),
    },
  ],
};

/** What happens while Odoo is unavailable, or while something else answers at its address. */
export function odooOutages(transport: OdooTransport): void {
  const connect = (url: string, timeoutMs = 10_000) =>
    createOdoo(transport, { url, database: 'x', login: 'x', secret: 'x', timeoutMs }, sendHttpRequest);
  const search = (odoo: Odoo) =>
    odoo.call({ model: 'res.partner', method: 'search', arguments: { domain: [] } });

  /** With JSON-RPC and XML-RPC the login already fails, so the bridge never sends the call itself. */
  const maybeSent = transport === 'json2';

  async function whileServing<T>(
    answer: (socket: Socket) => void,
    use: (url: string) => Promise<T>,
  ): Promise<T> {
    const server = await openRawServer(answer);
    try {
      return await use(server.url);
    } finally {
      await server.close();
    }
  }

  const unreadableOutages = unreadableAnswers[transport].map((each) => ({ ...each, ...unreadable }));

  test.each([...outages, ...unreadableOutages])('fails with $code when $when', ({ answer, ...refusal }) =>
    whileServing(answer, async (url) => {
      await expectRefusal(search(connect(url)), refusal);
    }),
  );

  test('fails with ODOO_UNREACHABLE and reports the call as not sent when no server listens', async () => {
    const closedServer = await openRawServer(() => {});
    await closedServer.close();
    await expectRefusal(search(connect(closedServer.url)), {
      ...temporaryOdooFailure,
      code: 'ODOO_UNREACHABLE',
      says: /Check ODOO_URL/,
      details: { failure: 'connect', reason: 'ECONNREFUSED', maybeSent: false },
    });
  });

  test('fails with ODOO_UNREACHABLE and reports the call as not sent when the host is unknown', async () => {
    await expectRefusal(search(connect('http://odoo.invalid')), {
      ...temporaryOdooFailure,
      code: 'ODOO_UNREACHABLE',
      says: /Check ODOO_URL/,
      details: { failure: 'connect', maybeSent: false },
    });
  });

  const interruptions: readonly [string, (socket: Socket) => void][] = [
    ['before the answer', (socket) => socket.resetAndDestroy()],
    [
      'in the middle of the answer',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"js'),
    ],
  ];
  test.each(interruptions)('fails with ODOO_UNREACHABLE when the connection breaks %s', (_when, answer) =>
    whileServing(answer, async (url) => {
      await expectRefusal(search(connect(url)), {
        ...temporaryOdooFailure,
        code: 'ODOO_UNREACHABLE',
        says: /Check ODOO_URL/,
        details: { failure: 'reset', maybeSent },
      });
    }),
  );

  test('fails with ODOO_TIMEOUT when no answer arrives in time, and closes the connection', () => {
    const sockets: Socket[] = [];
    return whileServing(
      (socket) => void sockets.push(socket),
      async (url) => {
        const call = { model: 'res.partner', method: 'search', arguments: { domain: [] }, timeoutMs: 50 };
        await expectRefusal(connect(url).call(call), {
          ...temporaryOdooFailure,
          code: 'ODOO_TIMEOUT',
          says: /load of Odoo's workers/,
          details: { maybeSent },
        });
        for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
        expect(sockets).toHaveLength(1);
      },
    );
  });

  test('fails with ODOO_NOT_ODOO when something other than Odoo answers a request for the version', () =>
    whileServing(html('200 OK', 'Welcome'), async (url) => {
      await expectRefusal(connect(url).version(), notOdoo);
    }));

  test('aborts the call in progress when it is closed, and sends no call afterwards', () =>
    whileServing(
      () => {},
      async (url) => {
        const odoo = connect(url);
        const pending = search(odoo);
        await odoo.close();
        const closed: Refusal = {
          code: 'ODOO_CLOSED',
          retry: 'later',
          scope: 'bridge',
          says: /Start the bridge again/,
        };
        await expectRefusal(pending, closed);
        const late = await expectRefusal(search(odoo), closed);
        expect(late.details).toMatchObject({ maybeSent: false });
      },
    ));
}
