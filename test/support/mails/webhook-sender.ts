import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Webhook } from './mixed-events.ts';
import { signWebhook } from './sign-webhook.ts';

/** A webhook that the bridge accepted, with all tries. */
export type Sent = {
  webhook: Webhook;
  /** One per try: the HTTP status, or 0 when the connection broke or was refused. */
  statuses: number[];
  /** How long the accepted try took, in milliseconds. */
  answeredInMs: number;
};

export type SendOptions = {
  /** Base URLs of one bridge, or of several on one inbox. Each try goes to the next one. */
  urls: readonly string[];
  secret: string;
  /** How many requests run at once. */
  concurrency: number;
  /** `webhook-timestamp`, by default the current time. Repetitions keep the first one. */
  at?: Date;
  /** Called after each 200 with their number so far. */
  onAccepted?: (count: number) => void;
  /** The longest time for which one webhook is repeated, in milliseconds. */
  giveUpAfterMs?: number;
};

/**
 * Sends webhooks as Sweego does: a webhook that gets no 200 is sent again under the same webhook-id. Sweego waits
 * minutes between two tries, this function 100 ms.
 *
 * @throws Error when one is not accepted in time
 */
export async function sendWebhooks(webhooks: readonly Webhook[], options: SendOptions): Promise<Sent[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.concurrency });
  const queue = [...webhooks];
  const sent: Sent[] = [];
  const sendNext = async (): Promise<void> => {
    for (let webhook = queue.shift(); webhook !== undefined; webhook = queue.shift()) {
      sent.push(await sendUntilAccepted(webhook, options, agent));
      options.onAccepted?.(sent.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.concurrency }, sendNext));
  } finally {
    agent.destroy();
  }
  return sent;
}

async function sendUntilAccepted(webhook: Webhook, options: SendOptions, agent: Agent): Promise<Sent> {
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
    if (performance.now() > deadline) {
      throw new Error(`${webhook.id} was never accepted: ${statuses.join(' ')}`);
    }
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

/** The time within which 99 of 100 got their answer, in milliseconds. */
export function p99Ms(sent: readonly Sent[]): number {
  const sorted = sent.map(({ answeredInMs }) => answeredInMs).sort((one, other) => one - other);
  return Math.round(sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0);
}
