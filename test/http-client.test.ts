import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { HttpBodyError, openHttpRequest, sendHttpRequest } from '../src/http-client.ts';
import type { HttpRequest } from '../src/http-client.ts';

const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done)))));

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function request(url: string, changes: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url, headers: {}, timeoutMs: 5_000, maxResponseBytes: 1_000, ...changes };
}

test('sends method, path, query, headers and body, and returns status, headers and bytes', async () => {
  const seen: unknown[] = [];
  const url = await serve((incoming, response) => {
    incoming.setEncoding('utf8').on('data', (body) => {
      seen.push(incoming.method, incoming.url, incoming.headers['x-test'], body);
      response.writeHead(201, { 'X-Answer': 'a', 'Set-Cookie': ['b=1', 'c=2'] }).end(Buffer.from([0, 255]));
    });
  });
  const answer = await sendHttpRequest(
    request(`${url}/a%20b?c=d`, { method: 'POST', headers: { 'X-Test': 'yes' }, body: 'é' }),
  );
  expect(seen).toEqual(['POST', '/a%20b?c=d', 'yes', 'é']);
  expect(answer).toMatchObject({ status: 201, body: new Uint8Array([0, 255]) });
  expect(answer).toHaveProperty(
    'headers',
    expect.objectContaining({ 'x-answer': 'a', 'set-cookie': 'b=1, c=2' }),
  );
});

test('opens a new connection for every request, and announces that to the server', async () => {
  const ports = new Set<number | undefined>();
  const connections = new Set<string | undefined>();
  const url = await serve((incoming, response) => {
    ports.add(incoming.socket.remotePort);
    connections.add(incoming.headers.connection);
    response.end('ok');
  });
  await sendHttpRequest(request(url));
  await sendHttpRequest(request(url));
  await sendHttpRequest(request(url));
  expect(ports.size).toBe(3);
  expect([...connections]).toEqual(['close']);
});

test('cuts off an answer over the limit, and accepts one that just fits', async () => {
  const url = await serve((_incoming, response) => response.end('x'.repeat(1_000)));
  expect(await sendHttpRequest(request(url, { maxResponseBytes: 1_000 }))).toMatchObject({ status: 200 });
  expect(await sendHttpRequest(request(url, { maxResponseBytes: 999 }))).toMatchObject({
    failure: 'too-large',
    maybeSent: true,
  });
});

test('limits the time of a slow body too, not only of the first byte', async () => {
  const url = await serve((_incoming, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('begun');
  });
  const answer = await sendHttpRequest(request(url, { timeoutMs: 100 }));
  expect(answer).toMatchObject({ failure: 'timeout', maybeSent: true });
});

test.each([
  ['a URL that is none', request('odoo.example.com')],
  ['a scheme other than http and https', request('ftp://odoo.example.com')],
  ['a header with a line break', request('http://127.0.0.1:9', { headers: { authorization: 'a\r\nb: c' } })],
])('sends nothing for %s', async (_what, bad) => {
  expect(await sendHttpRequest(bad)).toMatchObject({ failure: 'invalid', maybeSent: false });
});

test('sends nothing when the request is already aborted', async () => {
  const seen: unknown[] = [];
  const url = await serve((incoming, response) => {
    seen.push(incoming.url);
    response.end();
  });
  const answer = await sendHttpRequest(request(url, { signal: AbortSignal.abort() }));
  expect(answer).toMatchObject({ failure: 'aborted', maybeSent: false });
  expect(seen).toEqual([]);
});

test('reports that no byte was sent when TLS fails', async () => {
  const url = await serve((_incoming, response) => response.end());
  const answer = await sendHttpRequest(request(url.replace('http:', 'https:')));
  expect(answer).toMatchObject({ failure: 'connect', maybeSent: false });
});

test('returns a body as it arrives, and reports where it broke off', async () => {
  let goOn = () => undefined as unknown;
  const url = await serve((_incoming, response) => {
    response.writeHead(200).write('first');
    goOn = () => response.destroy();
  });
  const answer = await openHttpRequest(request(url));
  if ('failure' in answer) throw new Error(answer.failure);
  const pieces = answer.body[Symbol.asyncIterator]();
  expect(Buffer.from((await pieces.next()).value as Uint8Array).toString()).toBe('first');
  goOn();
  const error: unknown = await pieces.next().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(HttpBodyError);
  expect(error).toMatchObject({ failure: { failure: 'reset', maybeSent: true } });
});

test.each([
  ['too-large', { maxResponseBytes: 10 }],
  ['timeout', { timeoutMs: 100 }],
])('ends a body with %s while it is read', async (failure, limits) => {
  const url = await serve((_incoming, response) => {
    response.writeHead(200).write('x');
    if (failure === 'too-large') response.end('x'.repeat(100));
  });
  const answer = await openHttpRequest(request(url, limits));
  if ('failure' in answer) throw new Error(answer.failure);
  const read = async () => {
    for await (const piece of answer.body) expect(piece.length).toBeLessThan(1_000);
  };
  await expect(read()).rejects.toMatchObject({ failure: { failure } });
});

test('closes the connection of a discarded body', async () => {
  let closed: (() => void) | undefined;
  const isClosed = new Promise<void>((resolve) => (closed = resolve));
  const url = await serve((_incoming, response) => {
    response.on('close', () => closed?.());
    response.writeHead(200).write('x');
  });
  const answer = await openHttpRequest(request(url));
  if ('failure' in answer) throw new Error(answer.failure);
  answer.discard();
  await isClosed;
});

test.each(['127.0.0.1', '[::1]', 'localhost', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]'])(
  'sends no request to %s when only public addresses are allowed',
  async (host) => {
    const seen: unknown[] = [];
    const url = await serve((incoming, response) => {
      seen.push(incoming.url);
      response.end();
    });
    const answer = await sendHttpRequest(
      request(url.replace('127.0.0.1', host), { publicAddressesOnly: true }),
    );
    expect(answer).toMatchObject({ failure: 'connect', maybeSent: false, reason: 'EPRIVATE' });
    expect(seen).toEqual([]);
  },
);
