import { randomUUID } from 'node:crypto';

/** A reply as its author's mail program sends it. */
export type WrittenReply = {
  from: { email: string; name?: string };
  to: readonly string[];
  cc?: readonly string[];
  subject: string;
  text?: string;
  html?: string;
  headers?: Readonly<Record<string, unknown>>;
  /** Named by the uuids of the stand-in's API. */
  attachments?: readonly { uuid: string; name: string; content_type: string; size: number }[];
  /** A random one unless it is given. */
  swgUid?: string;
};

/** The body of the webhook `email_inbound` for a reply (learn.sweego.io, inbound/setup_inbound). */
export function sweegoReplyBody(reply: WrittenReply, at: Date): string {
  const mailbox = (email: string) => ({ email, name: '' });
  return JSON.stringify({
    event_type: 'email_inbound',
    timestamp: at.toISOString().replace('Z', '000+00:00'),
    swg_uid: reply.swgUid ?? `04-${randomUUID()}`,
    event_id: randomUUID(),
    channel: 'email',
    transaction_id: null,
    from_: { name: '', ...reply.from },
    to: reply.to.map(mailbox),
    cc: (reply.cc ?? []).map(mailbox),
    subject: reply.subject,
    text: reply.text ?? null,
    html: reply.html ?? null,
    inbound_domain: reply.to[0]?.split('@')[1] ?? '',
    ...(reply.headers === undefined ? {} : { headers: reply.headers }),
    attachments: reply.attachments ?? [],
  });
}
