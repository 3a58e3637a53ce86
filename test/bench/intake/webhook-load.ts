import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { signWebhook } from '../../support/mails/sign-webhook.ts';
import { intakeBody, intakeSecret } from './intake-event.ts';

/**
 * Sends signed webhooks and prints its measurements as one line of JSON. It signs everything before the clock starts,
 * and writes to the sockets directly: an HTTP client would need more time than the server that it measures.
 *
 * Arguments: URL, number of concurrent requests, requests before the clock starts, requests after that.
 */
const [, , url, concurrencyText, warmUpText, countText] = process.argv;
const target = new URL(url ?? '');
const concurrency = Number(concurrencyText);

/** One request per line of the report, milliseconds; `statuses` counts the warm-up too. */
export type LoadReport = {
  wallMs: number;
  p50Ms: number;
  p99Ms: number;
  slowestMs: number;
  statuses: Record<string, number>;
};

async function signRequests(count: number): Promise<Buffer[]> {
  const at = new Date();
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const requests: Buffer[] = [];
  for (let number = 1; number <= count; number += 1) {
    const body = Buffer.from(intakeBody(number, at));
    const webhookId = randomUUID();
    const signature = await signWebhook({ secret: intakeSecret, webhookId, timestamp, body });
    const head =
      `POST /sweego/webhook/outbound HTTP/1.1\r\nhost: ${target.host}\r\nuser-agent: sweego\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\nwebhook-id: ${webhookId}\r\n` +
      `webhook-timestamp: ${timestamp}\r\nwebhook-signature: ${signature}\r\n\r\n`;
    requests.push(Buffer.concat([Buffer.from(head), body]));
  }
  return requests;
}

/** Resolves with the status of each answer. An answer is complete when it has as many bytes as it announces. */
function createExchange(socket: Socket): (request: Buffer) => Promise<string> {
  let received = '';
  let resolveAnswer: (status: string) => void = () => undefined;
  let rejectAnswer: (error: Error) => void = () => undefined;
  socket.setNoDelay(true).setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    const headEnd = received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = Number(/content-length: *(\d+)/i.exec(received)?.[1] ?? 0);
    if (received.length < headEnd + 4 + length) return;
    const status = received.slice(9, 12);
    received = '';
    resolveAnswer(status);
  });
  socket.on('close', () => rejectAnswer(new Error('The server closed the connection.')));
  return (request) =>
    new Promise((resolve, reject) => {
      resolveAnswer = resolve;
      rejectAnswer = reject;
      socket.write(request);
    });
}

async function sendAll(
  exchanges: readonly ((request: Buffer) => Promise<string>)[],
  requests: readonly Buffer[],
  statuses: Record<string, number>,
): Promise<Float64Array> {
  const times = new Float64Array(requests.length);
  let next = 0;
  await Promise.all(
    exchanges.map(async (exchange) => {
      for (let index = next++; index < requests.length; index = next++) {
        const start = performance.now();
        const status = await exchange(requests[index] as Buffer);
        times[index] = performance.now() - start;
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }),
  );
  return times.sort();
}

const warmUp = Number(warmUpText);
const requests = await signRequests(warmUp + Number(countText));
const sockets = Array.from({ length: concurrency }, () => connect(Number(target.port), target.hostname));
await Promise.all(sockets.map((socket) => once(socket, 'connect')));
const exchanges = sockets.map(createExchange);
const statuses: Record<string, number> = {};
await sendAll(exchanges, requests.slice(0, warmUp), statuses);
process.stdout.write('warm\n');
const start = performance.now();
const times = await sendAll(exchanges, requests.slice(warmUp), statuses);
const wallMs = performance.now() - start;
const at = (share: number): number =>
  times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
const report: LoadReport = { wallMs, p50Ms: at(0.5), p99Ms: at(0.99), slowestMs: at(1), statuses };
process.stdout.write(`${JSON.stringify(report)}\n`);
for (const socket of sockets) socket.destroy();
