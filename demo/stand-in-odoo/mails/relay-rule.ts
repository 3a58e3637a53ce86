import { createHmac } from 'node:crypto';
import type { Records } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { chooseMailServer } from './mail-server-choice.ts';

/**
 * What the provisioned automation rule does when a mail.mail is created for a Sweego server with a secret. It marks
 * the mail, which then leaves with the header X-Message-Id. It puts the signed Reply-To in the place of Odoo's own
 * address. It keeps the mail if Odoo would have deleted it after sending.
 */
export function applyRelayRule(records: Records, mail: Row, message: Row): void {
  const server = chooseMailServer(records, message);
  const secret = server?.['x_sweego_outbound_webhook_secret'];
  if (!server?.['x_sweego_enabled'] || typeof secret !== 'string') return;
  const isKept = server['x_sweego_delete_on_sent'] === true && mail['auto_delete'] === true;
  const { model, res_id: documentId, reply_to: present } = message;
  const isOwn = !present || present === odooReplyTo(records, model, documentId);
  const replyTo = isOwn && replyAddress(records, model, documentId, tokenAddress(model, documentId, secret));
  records.write('mail.mail', [mail.id], {
    x_sweego_relayed: true,
    ...(isKept && { x_sweego_auto_delete: true, auto_delete: false }),
    ...(replyTo !== false && { reply_to: replyTo }),
  });
}

/** Odoo's own answer address of a document (mail.thread `_notify_get_reply_to`); false where there is no document. */
export function odooReplyTo(records: Records, model: unknown, documentId: unknown): string | false {
  return replyAddress(records, model, documentId, 'catchall');
}

/** The company has the first of the alias domains. */
function replyAddress(
  records: Records,
  model: unknown,
  documentId: unknown,
  localPart: string,
): string | false {
  const [domain] = records.store.all('mail.alias.domain');
  if (records.findDocument(model, documentId) === undefined || domain === undefined) return false;
  const name = records.displayName(String(model), Number(documentId)).replace(/["\\]/g, '');
  return `"${name}" <${localPart}@${String(domain['name'])}>`;
}

/** The key is the text of the secret, not what it decodes to: existing installations sign with it. */
function tokenAddress(model: unknown, documentId: unknown, secret: string): string {
  const payload = `${Number(documentId)}-${String(model)}`;
  const signature = createHmac('sha256', secret).update(payload).digest('hex').slice(0, 8);
  return `reply+${Buffer.from(payload).toString('hex')}.${signature}`;
}
