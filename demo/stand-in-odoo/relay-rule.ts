import { createHmac } from 'node:crypto';
import { readMailHeaders, writeMailHeaders } from './mail-headers.ts';
import { chooseMailServer } from './mail-server-choice.ts';
import type { Records, Values } from './records.ts';
import type { Row } from './store.ts';

/**
 * What the provisioned automation rule does when a mail.mail is created: for a Sweego server with a secret
 * it adds the correlation header, sets the signed Reply-To where Odoo's own address would stand, and keeps
 * the mail when Odoo would have deleted it after sending.
 */
export function applyRelayRule(records: Records, mail: Row, companyId: number): void {
  const message = records.store.find('mail.message', Number(mail['mail_message_id']));
  if (message === undefined) return;
  const server = chooseMailServer(records, message);
  const secret = server?.['x_sweego_outbound_webhook_secret'];
  if (!server?.['x_sweego_enabled'] || typeof secret !== 'string' || secret === '') return;

  const headers = readMailHeaders(mail['headers']);
  const values: Record<string, unknown> = {
    x_sweego_relayed: true,
    headers: writeMailHeaders({ 'X-Message-Id': String(message['message_id']), ...headers }),
  };
  if (server['x_sweego_delete_on_sent'] && mail['auto_delete']) {
    values['x_sweego_auto_delete'] = true;
    values['auto_delete'] = false;
  }
  const replyTo = 'List-Id' in headers ? undefined : signedReplyTo(records, message, secret, companyId);
  records.write('mail.mail', [mail.id], replyTo === undefined ? values : { ...values, reply_to: replyTo });
}

/** Odoo's own answer address of a document (mail.thread `_notify_get_reply_to`), or false without a domain. */
export function odooReplyTo(records: Records, message: Values, companyId: number): string | false {
  const document = documentOf(records, message);
  if (document === undefined) return false;
  const domain = aliasDomainOf(records, document, companyId);
  if (domain === undefined) return false;
  const catchall = records.value('mail.alias.domain', domain, 'catchall_email');
  return `"${nameOf(records, message, document)}" <${String(catchall)}>`;
}

function signedReplyTo(
  records: Records,
  message: Row,
  secret: string,
  companyId: number,
): string | undefined {
  const document = documentOf(records, message);
  if (document === undefined || message['reply_to_force_new']) return undefined;
  const present = message['reply_to'];
  if (present && present !== odooReplyTo(records, message, companyId)) return undefined;
  const domain = aliasDomainOf(records, document, companyId);
  if (domain === undefined) return undefined;
  const payload = `${document.id}-${String(message['model'])}`;
  const token = `${Buffer.from(payload).toString('hex')}.${signatureOf(payload, secret)}`;
  return `"${nameOf(records, message, document)}" <reply+${token}@${String(domain['name'])}>`;
}

/** The key is the secret's text as it stands, not what it decodes to: existing installations sign so. */
function signatureOf(payload: string, secret: string): string {
  return createHmac('sha256', Buffer.from(secret, 'utf8')).update(payload).digest('hex').slice(0, 8);
}

function documentOf(records: Records, message: Values): Row | undefined {
  const model = message['model'];
  if (typeof model !== 'string' || !records.hasModel(model) || !records.model(model).isMailThread) {
    return undefined;
  }
  return records.store.find(model, Number(message['res_id']));
}

function aliasDomainOf(records: Records, document: Row, companyId: number): Row | undefined {
  for (const id of [document['company_id'], companyId]) {
    const company = records.store.find('res.company', Number(id));
    const domain = records.store.find('mail.alias.domain', Number(company?.['alias_domain_id']));
    if (domain !== undefined) return domain;
  }
  return undefined;
}

function nameOf(records: Records, message: Values, document: Row): string {
  const name = records.value(String(message['model']), document, 'display_name');
  return String(name).replace(/["\\]/g, '');
}
