import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { startSmtpSink } from './smtp-sink.ts';
import type { SinkMail, SmtpSink } from './smtp-sink.ts';
import { startSweegoApi } from './sweego-api.ts';
import type { SweegoApiStandIn } from './sweego-api.ts';
import { sweegoEventBody } from './sweego-event.ts';
import { sweegoReplyBody } from './sweego-reply.ts';
import type { WrittenReply } from './sweego-reply.ts';

/** One webhook request, ready to be sent as often as wanted. */
export type SweegoWebhook = {
  headers: Readonly<Record<string, string>>;
  body: string;
};

export type EventOptions = {
  type: string;
  mail: SinkMail;
  at: Date;
  smtpAnswer?: string;
  /** The same mail was submitted again to the same recipient, as after a Retry in Odoo: its events get new ids. */
  isNewSubmission?: boolean;
};

export type StandInSweego = {
  /** Attachments and logs. */
  api: SweegoApiStandIn;
  /** Where Odoo's mails go. */
  smtp: SmtpSink;
  waitForMail(predicate: (mail: SinkMail) => boolean, timeoutMs?: number): Promise<SinkMail>;
  /** The ids that all events about this mail carry. */
  submissionOf(mail: SinkMail): { uid: string; transactionId: string };
  /** Builds and signs an event. */
  createEvent(options: EventOptions): SweegoWebhook;
  /** POSTs a webhook and resolves with the answer's status and text. */
  send(webhook: SweegoWebhook): Promise<{ status: number; body: string }>;
  /** `createEvent` and `send` at once. */
  sendEvent(options: EventOptions): Promise<{ status: number; body: string }>;
  /** Builds and signs the webhook of a received mail. */
  createReply(reply: WrittenReply, at: Date): SweegoWebhook;
  /** POSTs such a webhook and resolves with the answer's status and text. */
  sendInbound(webhook: SweegoWebhook): Promise<{ status: number; body: string }>;
  close(): Promise<void>;
};

/**
 * Sweego on loopback. It takes Odoo's mails over SMTP and reports about them in signed webhooks. It receives mails
 * for Odoo and keeps their attachments.
 *
 * @param options.secret base64 text of the outbound webhook
 * @param options.webhookUrl where outbound events go
 * @param options.inbound secret and address of the inbound webhook, which only replies need
 * @param options.smtp a running sink, which `close` leaves running
 */
export async function startStandInSweego(options: {
  secret: string;
  webhookUrl: string;
  inbound?: { secret: string; webhookUrl: string };
  smtp?: SmtpSink;
}): Promise<StandInSweego> {
  const api = await startSweegoApi();
  const smtp = options.smtp ?? (await startSmtpSink());
  const submissions = new Map<SinkMail, { uid: string; transactionId: string }>();

  function submissionOf(mail: SinkMail, isNew = false): { uid: string; transactionId: string } {
    const known = submissions.get(mail);
    if (known !== undefined && !isNew) return known;
    const made = { uid: `01-${randomUUID()}`, transactionId: randomUUID() };
    submissions.set(mail, made);
    return made;
  }

  function inbound(): { secret: string; webhookUrl: string } {
    if (options.inbound === undefined) {
      throw new Error('this stand-in was started without an inbound webhook');
    }
    return options.inbound;
  }

  const standIn: StandInSweego = {
    api,
    smtp,
    waitForMail: (predicate, timeoutMs) => smtp.waitFor(predicate, timeoutMs),
    submissionOf,
    createEvent({ isNewSubmission, ...event }) {
      const body = sweegoEventBody({ ...event, ...submissionOf(event.mail, isNewSubmission) });
      return signWebhook(body, options.secret, event.at);
    },
    send: (webhook) => post(options.webhookUrl, webhook),
    sendEvent: (event) => standIn.send(standIn.createEvent(event)),
    createReply: (reply, at) => signWebhook(sweegoReplyBody(reply, at), inbound().secret, at),
    sendInbound: (webhook) => post(inbound().webhookUrl, webhook),
    close: async () => {
      await api.close();
      if (options.smtp === undefined) await smtp.close();
    },
  };
  return standIn;
}

/** Sweego's signature (learn.sweego.io, webhooks/webhook_signature): the key is the decoded secret. */
export function signWebhook(body: string, secret: string, at: Date): SweegoWebhook {
  const id = randomUUID().replaceAll('-', '');
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64');
  return {
    headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature },
    body,
  };
}

function post(url: string, { headers, body }: SweegoWebhook): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', agent: false, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
