import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openIntake, signedRequest, storedBodies } from '../support/bridge/intake.ts';

async function listen() {
  const intake = await openIntake();
  const server = serve({ fetch: intake.app.fetch, hostname: '127.0.0.1', port: 0 });
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  await once(server, 'listening');
  return { ...intake, port: (server.address() as AddressInfo).port };
}

/** Sends a head, then pieces until the server answers; returns the answer and how much was sent. */
async function converse(port: number, head: string, piece: Buffer, pieces: number) {
  const socket = connect(port, '127.0.0.1');
  const answer: Buffer[] = [];
  let isOver = false;
  socket.on('data', (chunk) => answer.push(chunk));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) =>
    socket.on('close', () => {
      isOver = true;
      resolve();
    }),
  );
  await once(socket, 'connect');
  socket.write(head);
  let sentBytes = 0;
  for (let index = 0; index < pieces && !isOver; index += 1) {
    sentBytes += piece.length;
    if (!socket.write(piece)) {
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
    }
  }
  await closed;
  return { answer: Buffer.concat(answer).toString(), sentBytes };
}

const headers =
  'POST /sweego/webhook/outbound HTTP/1.1\r\nHost: bridge\r\nwebhook-id: w-1\r\n' +
  'webhook-timestamp: 1772366400\r\nwebhook-signature: E1RfmN81xnbXMqDZUD0eJjPQEWmf24ft//gtV29bp18=\r\n';

describe('over a real connection', () => {
  it('a chunked body of 100 MB is cut off with 413 and the connection closed', async () => {
    const { port } = await listen();
    const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 0x20), Buffer.from('\r\n')]);
    const head = `${headers}Transfer-Encoding: chunked\r\n\r\n`;
    const { answer, sentBytes } = await converse(port, head, piece, 1600);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/connection: close/i);
    expect(sentBytes).toBeLessThan(30_000_000);
  });

  it('a Content-Length of 100 MB is refused before the body is read', async () => {
    const { port } = await listen();
    const head = `${headers}Content-Length: 104857600\r\n\r\n`;
    const { answer, sentBytes } = await converse(port, head, Buffer.alloc(65_536, 0x20), 1600);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(sentBytes).toBeLessThan(30_000_000);
  });

  it('an incomplete body is not stored', async () => {
    const { port, inbox } = await listen();
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`${headers}Content-Length: 100\r\n\r\n{"half":`);
    socket.destroy();
    await once(socket, 'close');
    const url = `http://127.0.0.1:${port}/sweego/webhook/outbound`;
    expect((await fetch(url, await signedRequest('{}'))).status).toBe(200);
    expect((await storedBodies(inbox)).map(({ body }) => body)).toEqual(['{}']);
  });

  it('a chunked body within the limit is accepted', async () => {
    const { port, inbox } = await listen();
    const { headers: signed, body } = await signedRequest('{"a":1}');
    const unsized = new Headers(signed);
    unsized.delete('content-length');
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(body.subarray(0, 3));
        controller.enqueue(body.subarray(3));
        controller.close();
      },
    });
    const request = { method: 'POST', headers: unsized, body: stream, duplex: 'half' } as RequestInit;
    const response = await fetch(`http://127.0.0.1:${port}/sweego/webhook/outbound`, request);
    expect(response.status).toBe(200);
    expect(await storedBodies(inbox)).toHaveLength(1);
  });
});
