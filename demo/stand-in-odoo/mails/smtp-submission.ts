import { createTransport } from 'nodemailer';
import { normalizedAddress, textOf } from '../records/field.ts';
import type { Records } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { chooseMailServer } from './mail-server-choice.ts';

/** With which mail.mail failure_type and why it failed; false and false if the SMTP server took all of it. */
export type Submission = { failureType: string | false; reason: string | false };

/** Sends one mail.mail over real SMTP: one transaction for each recipient, all with the same headers. */
export async function submitMail(records: Records, mail: Row, message: Row): Promise<Submission> {
  const recipients = recipientsOf(records, mail);
  if (recipients.length === 0) return { failureType: 'mail_email_invalid', reason: 'There is no address.' };
  const server = chooseMailServer(records, message);
  if (server === undefined) return { failureType: 'mail_smtp', reason: 'There is no mail server.' };
  const transport = createTransport({
    host: String(server['smtp_host']),
    port: Number(server['smtp_port']),
    name: 'odoo.example.com',
    ignoreTLS: true,
  });
  try {
    for (const recipient of recipients) {
      await transport.sendMail({
        envelope: { from: 'bounce@odoo.example.com', to: [recipient] },
        from: String(message['email_from']),
        to: recipients.join(', '),
        replyTo: textOf(message['reply_to']) || undefined,
        messageId: String(message['message_id']),
        subject: textOf(message['subject']),
        html: textOf(mail['body_html']),
        headers: mail['x_sweego_relayed'] ? { 'X-Message-Id': folded(String(message['message_id'])) } : {},
      });
    }
    return { failureType: false, reason: false };
  } catch (error) {
    const isRefused = error instanceof Error && 'responseCode' in error;
    return {
      failureType: isRefused ? 'unknown' : 'mail_smtp',
      reason: error instanceof Error ? error.message : String(error),
    };
  } finally {
    transport.close();
  }
}

function recipientsOf(records: Records, mail: Row): string[] {
  const partners = records.search('res.partner', [['id', 'in', mail['recipient_ids'] ?? []]]);
  const written = [mail['email_to'], mail['email_cc']].flatMap((list) => textOf(list).split(','));
  return [...partners.map((partner) => partner['email']), ...written].flatMap(
    (address) => normalizedAddress(address) || [],
  );
}

/** Python folds a header that is too long for one line right behind its name, as Odoo 19 does on the wire. */
function folded(value: string): { prepared: true; value: string } {
  return { prepared: true, value: `\r\n ${value}` };
}
