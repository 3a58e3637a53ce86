import { randomUUID } from 'node:crypto';

export type ReplyMail = {
  /** Bare address or `Name <address>`. */
  from: string;
  to: string;
  cc?: string;
  subject?: string;
  text?: string;
  messageId?: string;
  inReplyTo?: string;
  references?: string;
  /** Further header lines, complete. */
  headers?: readonly string[];
};

/** A mail as the bridge hands it to Odoo: RFC 5322 in ASCII, lines ending in CRLF. */
export function replyMail(mail: ReplyMail): { message: string; messageId: string } {
  const messageId = mail.messageId ?? `<${randomUUID()}@replies.example.com>`;
  const lines = [
    `From: ${mail.from}`,
    `To: ${mail.to}`,
    ...(mail.cc === undefined ? [] : [`Cc: ${mail.cc}`]),
    `Subject: ${mail.subject ?? 'Re: Your order'}`,
    `Message-Id: ${messageId}`,
    'Date: Mon, 05 Oct 2026 10:11:12 +0000',
    ...(mail.inReplyTo === undefined ? [] : [`In-Reply-To: ${mail.inReplyTo}`]),
    ...(mail.references === undefined ? [] : [`References: ${mail.references}`]),
    ...(mail.headers ?? []),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(mail.text ?? 'Thank you.').toString('base64'),
    '',
  ];
  return { message: lines.join('\r\n'), messageId };
}
