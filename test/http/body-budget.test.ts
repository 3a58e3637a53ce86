import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AppDeps } from '../../src/http/app.ts';
import { createBodyBudget } from '../../src/http/body-budget.ts';
import { inboundSecret, openIntake, signedRequest } from '../support/bridge/intake.ts';

const inbound = '/sweego/webhook/inbound';
const largeBytes = 200_000;
const largest = Buffer.alloc(largeBytes, 0x20);

/** Room for one body of 200,000 bytes, or two small ones. */
function openNarrowIntake(changes: Partial<AppDeps> = {}) {
  return openIntake({ bodyBudget: createBodyBudget({ smallBytes: 100_000, largeBytes }), ...changes });
}

type Request = Awaited<ReturnType<typeof signedRequest>>;

function chunked(request: Request): { method: 'POST'; headers: Headers; body: Uint8Array<ArrayBuffer> } {
  const headers = new Headers(request.headers);
  headers.delete('content-length');
  return { ...request, headers };
}

/** A request whose body arrives when the test sends it, or never. */
function held(request: Request, isSized: boolean) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(started) {
      controller = started;
    },
  });
  const { headers } = isSized ? request : chunked(request);
  return {
    request: { method: 'POST', headers, body, duplex: 'half' } as RequestInit,
    send: (bytes: Uint8Array) => controller?.enqueue(bytes),
    finish: () => controller?.close(),
    breakOff: () => controller?.error(new Error('the client went away')),
  };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('large bodies at once', () => {
  it.each([
    ['announced by Content-Length', true],
    ['chunked, by what has arrived', false],
  ])('are refused with 503 and Retry-After when no memory is free: %s', async (_, isSized) => {
    const { app, inbox, lines } = await openNarrowIntake();
    const request = await signedRequest(largest, { secret: inboundSecret });
    const first = held(request, isSized);
    const answered = app.request(inbound, first.request);
    first.send(request.body.subarray(0, 100_000));
    await soon();

    const second = await signedRequest(largest, { secret: inboundSecret, webhookId: 'w-2' });
    for (const refused of [second, chunked(second)]) {
      const response = await app.request(inbound, refused);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('30');
      expect(await response.json()).toEqual({ status: 'refused', error: 'too many large bodies at once' });
    }
    expect(lines.join('')).toContain('too many large bodies at once');

    const small = await signedRequest('{}', { secret: inboundSecret, webhookId: 'w-3' });
    expect((await app.request(inbound, small)).status).toBe(200);

    first.send(request.body.subarray(100_000));
    first.finish();
    expect((await answered).status).toBe(200);
    expect((await app.request(inbound, second)).status).toBe(200);
    expect(await inbox.status()).toMatchObject({ unclaimed: 3 });
  });

  it('do not use the memory of small ones; too many small ones at once are refused too', async () => {
    const { app } = await openNarrowIntake();
    const small = await signedRequest(largest.subarray(0, 60_000), { secret: inboundSecret });
    const first = held(small, true);
    const answered = app.request(inbound, first.request);
    await soon();
    expect((await app.request(inbound, small)).status).toBe(503);
    expect((await app.request(inbound, await signedRequest(largest, { secret: inboundSecret }))).status).toBe(
      200,
    );
    first.breakOff();
    expect((await answered).status).toBe(400);
    expect((await app.request(inbound, small)).status).toBe(200);
  });
});

describe('the memory of a body is released', () => {
  const settings = { secret: inboundSecret };
  const tooLarge = async () => chunked(await signedRequest(Buffer.alloc(1_000_001), {}));
  it.each<[string, number, Partial<AppDeps>, () => Promise<RequestInit>, string]>([
    ['it was stored', 200, {}, () => signedRequest(largest, settings), inbound],
    ['its signature is wrong', 401, {}, () => signedRequest(largest), inbound],
    ['it is too old', 401, {}, () => signedRequest(largest, { ...settings, timestamp: 1 }), inbound],
    [
      'no secret is known',
      503,
      { secretsFor: () => [], areSecretsCurrent: () => false },
      () => signedRequest(largest, settings),
      inbound,
    ],
    [
      'it could not be stored',
      503,
      { inbox: { put: () => Promise.reject(new Error('disk')) } },
      () => signedRequest(largest, settings),
      inbound,
    ],
    [
      'something unforeseen happened',
      500,
      {
        secretsFor: () => {
          throw new TypeError('a fault');
        },
      },
      () => signedRequest(largest, settings),
      inbound,
    ],
    ['it had no end and passed the room', 503, {}, tooLarge, inbound],
    ['it had no end and passed the limit', 413, {}, tooLarge, '/sweego/webhook/outbound'],
  ])('when %s', async (_, status, changes, request, path) => {
    const wide = status === 413 ? 1_000_000 : largeBytes;
    const bodyBudget = createBodyBudget({ smallBytes: 0, largeBytes: wide });
    const { app } = await openIntake({ bodyBudget, ...changes });
    for (let time = 0; time < 3; time += 1) {
      expect((await app.request(path, await request())).status).toBe(status);
    }
    expect(bodyBudget.openShare(wide).take(wide)).toBe(true);
  });

  it('when the client disconnects in the middle of it', async () => {
    const { app } = await openNarrowIntake();
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
    onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { headers, body } = await signedRequest(largest, settings);
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    for (let time = 0; time < 3; time += 1) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`POST ${inbound} HTTP/1.1\r\nHost: bridge\r\n${head.join('')}\r\n`);
      socket.write(body.subarray(0, 50_000));
      await soon();
      expect(
        (await fetch(`http://127.0.0.1:${port}${inbound}`, { method: 'POST', headers, body })).status,
      ).toBe(503);
      socket.destroy();
      await soon();
    }
    const response = await fetch(`http://127.0.0.1:${port}${inbound}`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
  });
});
