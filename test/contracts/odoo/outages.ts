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

const laterOfOdoo = { retry: 'later', scope: 'odoo' } as const;
const unavailable: Refusal = { ...laterOfOdoo, code: 'ODOO_UNAVAILABLE', says: /logs of the proxy/ };
const notOdoo: Refusal = { ...laterOfOdoo, code: 'ODOO_NOT_ODOO', says: /Set ODOO_URL/ };
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
  { when: 'Odoo answers an error page', answer: html('500 Internal Server Error', 'oops'), ...unavailable },
  { when: 'a proxy limits the rate', answer: html('429 Too Many Requests', 'slow down'), ...unavailable },
  { when: 'another site answers', answer: html('200 OK', 'Welcome'), ...notOdoo },
  { when: 'there is no such page', answer: html('404 Not Found', 'Nothing here'), ...notOdoo },
  { when: 'a proxy forbids it', answer: html('403 Forbidden', 'no'), ...notOdoo, details: { status: 403 } },
  {
    when: 'the address has moved, and does not follow it with the key',
    answer: html('301 Moved Permanently', 'moved', ['Location: http://127.0.0.1:9/']),
    ...notOdoo,
  },
  {
    when: 'what answers speaks no HTTP',
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
  { when: 'the answer is cut JSON', answer: answered('application/json', '{"jsonrpc": "2.0", "resu') },
  {
    when: 'the answer holds a number that JSON does not know',
    answer: answered('application/json', '{"jsonrpc": "2.0", "result": NaN}'),
  },
];
const unreadableAnswers: Record<OdooTransport, typeof unreadableJson> = {
  json2: unreadableJson,
  jsonrpc: unreadableJson,
  xmlrpc: [
    {
      when: 'the answer is cut XML',
      answer: answered('text/xml', '<?xml version="1.0"?><methodResponse><params><param><value><arr'),
    },
    {
      when: 'the answer holds no number',
      answer: answeredXml('<params><param><value><double>nan</double></value></param></params>'),
    },
    {
      when: 'the answer is another document',
      answer: answered('text/xml', '<feed><title>News</title></feed>'),
    },
    { when: 'the answer is empty', answer: answeredXml('<params></params>') },
    { when: 'a fault says nothing', answer: answeredXml('<fault></fault>') },
    { when: 'a fault is nil', answer: answeredXml('<fault><value><nil/></value></fault>') },
    {
      when: 'a fault follows a result',
      answer: answeredXml('<params><param><value><nil/></value></param></params><fault/>'),
    },
  ],
};

/** What happens while Odoo is away, or something else stands in its place. */
export function odooOutages(transport: OdooTransport): void {
  const connect = (url: string, timeoutMs = 10_000) =>
    createOdoo(transport, { url, database: 'x', login: 'x', secret: 'x', timeoutMs }, sendHttpRequest);
  const search = (odoo: Odoo) =>
    odoo.call({ model: 'res.partner', method: 'search', arguments: { domain: [] } });

  /** With JSON-RPC and XML-RPC the login is what meets the outage, so the call itself never left. */
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

  const unreadableOnes = unreadableAnswers[transport].map((each) => ({ ...each, ...unreadable }));

  test.each([...outages, ...unreadableOnes])('fails with $code when $when', ({ answer, ...refusal }) =>
    whileServing(answer, async (url) => {
      await expectRefusal(search(connect(url)), refusal);
    }),
  );

  test('fails with ODOO_UNREACHABLE, certainly not sent, when nothing listens there', async () => {
    const gone = await openRawServer(() => {});
    await gone.close();
    await expectRefusal(search(connect(gone.url)), {
      ...laterOfOdoo,
      code: 'ODOO_UNREACHABLE',
      says: /Check ODOO_URL/,
      details: { failure: 'connect', reason: 'ECONNREFUSED', maybeSent: false },
    });
  });

  test('fails with ODOO_UNREACHABLE, certainly not sent, when the host is unknown', async () => {
    await expectRefusal(search(connect('http://odoo.invalid')), {
      ...laterOfOdoo,
      code: 'ODOO_UNREACHABLE',
      says: /Check ODOO_URL/,
      details: { failure: 'connect', maybeSent: false },
    });
  });

  const breaks: readonly [string, (socket: Socket) => void][] = [
    ['before the answer', (socket) => socket.resetAndDestroy()],
    [
      'in the middle of the answer',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"js'),
    ],
  ];
  test.each(breaks)('fails with ODOO_UNREACHABLE when the connection breaks %s', (_when, answer) =>
    whileServing(answer, async (url) => {
      await expectRefusal(search(connect(url)), {
        ...laterOfOdoo,
        code: 'ODOO_UNREACHABLE',
        says: /Check ODOO_URL/,
        details: { failure: 'reset', maybeSent },
      });
    }),
  );

  test('fails with ODOO_TIMEOUT when nobody answers within the time of the call, and hangs up', () => {
    const sockets: Socket[] = [];
    return whileServing(
      (socket) => void sockets.push(socket),
      async (url) => {
        const call = { model: 'res.partner', method: 'search', arguments: { domain: [] }, timeoutMs: 50 };
        await expectRefusal(connect(url).call(call), {
          ...laterOfOdoo,
          code: 'ODOO_TIMEOUT',
          says: /load of Odoo's workers/,
          details: { maybeSent },
        });
        for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
        expect(sockets).toHaveLength(1);
      },
    );
  });

  test('says of the version too when something other than Odoo answers', () =>
    whileServing(html('200 OK', 'Welcome'), async (url) => {
      await expectRefusal(connect(url).version(), notOdoo);
    }));

  test('breaks off what is under way when it is closed, and makes no call afterwards', () =>
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
