import { createTransport } from 'nodemailer';
import { textOf } from './field.ts';
import { readMailHeaders } from './mail-headers.ts';
import type { Records } from './records.ts';
import type { Row } from './store.ts';

export type Submission =
  | { result: 'accepted' }
  /** The SMTP server answered no: Odoo's `exception` / `unknown`. */
  | { result: 'refused'; reason: string }
  /** Nobody answered at all. */
  | { result: 'unreachable'; reason: string }
  | { result: 'no address'; reason: string };

/** Sends one mail.mail over real SMTP: one transaction for each recipient, all with the same headers. */
export async function submitMail(
  records: Records,
  mail: Row,
  message: Row,
  server: Row | undefined,
): Promise<Submission> {
  const recipients = recipientsOf(records, mail);
  if (recipients.length === 0) {
    return { result: 'no address', reason: 'The mail has no recipient with an address.' };
  }
  if (server === undefined) {
    return { result: 'unreachable', reason: 'No mail server: create an ir.mail_server first.' };
  }

  const { 'X-Msg-To-Add': visible, ...headers } = readMailHeaders(mail['headers']);
  const transport = createTransport({
    host: String(server['smtp_host']),
    port: Number(server['smtp_port']),
    name: 'odoo.example.com',
    secure: false,
    ignoreTLS: true,
  });
  try {
    for (const recipient of recipients) {
      await transport.sendMail({
        envelope: { from: 'bounce@odoo.example.com', to: [recipient] },
        from: String(message['email_from']),
        to: visible ?? recipients.join(', '),
        replyTo: textOf(message['reply_to']) || undefined,
        messageId: String(message['message_id']),
        subject: textOf(message['subject']),
        html: textOf(mail['body_html']) || textOf(message['body']),
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, folded(name, value)]),
        ),
      });
    }
    return { result: 'accepted' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const answered = error instanceof Error && 'responseCode' in error;
    return { result: answered ? 'refused' : 'unreachable', reason };
  } finally {
    transport.close();
  }
}

function recipientsOf(records: Records, mail: Row): string[] {
  const partners = records.search('res.partner', [['id', 'in', mail['recipient_ids'] ?? []]]);
  const addresses = partners.map((partner) => records.value('res.partner', partner, 'email_normalized'));
  const written = [textOf(mail['email_to']), textOf(mail['email_cc'])]
    .flatMap((text) => text.split(','))
    .map((part) => (/<([^<>]+)>/.exec(part)?.[1] ?? part).trim().toLowerCase());
  return [...addresses, ...written].filter(
    (address): address is string => typeof address === 'string' && address.includes('@'),
  );
}

/** Python folds a header that is too long for one line right behind its name (seen on Odoo 19's wire). */
function folded(name: string, value: string): { prepared: true; value: string } {
  return { prepared: true, value: name.length + value.length + 2 > 78 ? `\r\n ${value}` : value };
}
