import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Webhook } from './mixed-events.ts';
import { signWebhook } from './sign-webhook.ts';

/** How a webhook was taken in the end. */
export type Sent = {
  webhook: Webhook;
  /** One per try: the HTTP status, or 0 when the connection broke or was refused. */
  statuses: number[];
  /** Of the try that was answered 200, milliseconds. */
  answeredInMs: number;
};

export type SendOptions = {
  /** Of one bridge or of several on one inbox: each try goes to the next one. */
  urls: readonly string[];
  secret: string;
  /** How many are under way at once. */
  concurrency: number;
  /** `webhook-timestamp`; now when left out. Repetitions keep the first one. */
  at?: Date;
  /** Called at each 200, with how many there have been. */
  onTaken?: (count: number) => void;
  /** How long one webhook is repeated at most, milliseconds. */
  giveUpAfterMs?: number;
};

/**
 * Sends webhooks as Sweego does: what is not answered 200 is sent again under the same webhook-id. Sweego waits
 * minutes in between, this 100 ms.
 *
 * @throws Error when one is not taken in time
 */
export async function sendWebhooks(webhooks: readonly Webhook[], options: SendOptions): Promise<Sent[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.concurrency });
  const queue = [...webhooks];
  const sent: Sent[] = [];
  const sendNext = async (): Promise<void> => {
    for (let webhook = queue.shift(); webhook !== undefined; webhook = queue.shift()) {
      sent.push(await sendUntilTaken(webhook, options, agent));
      options.onTaken?.(sent.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.concurrency }, sendNext));
  } finally {
    agent.destroy();
  }
  return sent;
}

async function sendUntilTaken(webhook: Webhook, options: SendOptions, agent: Agent): Promise<Sent> {
  const timestamp = String(Math.floor((options.at?.getTime() ?? Date.now()) / 1000));
  const body = Buffer.from(webhook.body);
  const signature = await signWebhook({ secret: options.secret, webhookId: webhook.id, timestamp, body });
  const headers = {
    'content-type': 'application/json',
    'content-length': String(body.byteLength),
    'webhook-id': webhook.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signature,
  };
  const statuses: number[] = [];
  const deadline = performance.now() + (options.giveUpAfterMs ?? 60_000);
  for (;;) {
    const begun = performance.now();
    const url = options.urls[statuses.length % options.urls.length] ?? '';
    const status = await post(`${url}/sweego/webhook/outbound`, headers, body, agent);
    statuses.push(status);
    if (status === 200) return { webhook, statuses, answeredInMs: performance.now() - begun };
    if (performance.now() > deadline) throw new Error(`${webhook.id} was never taken: ${statuses.join(' ')}`);
    await sleep(100);
  }
}

function post(url: string, headers: Record<string, string>, body: Buffer, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', () => resolve(0));
    });
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}

/** The time within which 99 of 100 were answered, milliseconds. */
export function p99Ms(sent: readonly Sent[]): number {
  const sorted = sent.map(({ answeredInMs }) => answeredInMs).sort((one, other) => one - other);
  return Math.round(sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0);
}
