import { simpleParser } from 'mailparser';
import type { AddressObject, ParsedMail } from 'mailparser';
import { aliasesOf, isDocument, isThread, modelOfAlias } from './bridge-route.ts';
import { userError } from './faults.ts';
import { odooDatetime } from './field.ts';
import type { Records, Values } from './records.ts';
import type { Row } from './store.ts';

type Place = { model: string; id: number };

/**
 * The provisioned action `deliver`: what Odoo's mail gateway makes of a mail. Loop guards, attachments and
 * followers are not imitated.
 *
 * @throws StandInFault UserError for an incomplete request
 */
export async function bridgeDeliver(records: Records, input: Values): Promise<Values> {
  const { message, message_id: messageId, model, thread_id: threadId } = input;
  if (typeof message !== 'string' || typeof messageId !== 'string' || Boolean(model) !== Boolean(threadId)) {
    throw userError('sweego_bridge: deliver needs message and message_id, and model and thread_id together');
  }
  // Read before the transaction, which is synchronous: so nothing comes between looking up and posting.
  const mail = await simpleParser(message, { skipImageLinks: true });
  const forced = typeof model === 'string' ? { model, id: Number(threadId) } : undefined;
  return records.store.transaction(() => deliver(records, mail, messageId, forced));
}

function deliver(records: Records, mail: ParsedMail, messageId: string, forced: Place | undefined): Values {
  const known = records.search('mail.message', [['message_id', '=', messageId]]);
  if (known.length > 0) return told('duplicate', known);
  if (forced !== undefined && !isThread(records, forced.model)) return refused('no_thread');
  if (forced !== undefined && !isDocument(records, forced.model, forced.id)) return { result: 'missing' };

  const referred = referredPlace(records, mail);
  if (referred !== undefined) {
    const isElsewhere =
      forced !== undefined && (referred.model !== forced.model || referred.id !== forced.id);
    return isElsewhere ? refused('elsewhere') : told('posted', [post(records, mail, messageId, referred)]);
  }
  const to = addressesOf(mail.to);
  const catchalls = records
    .search('mail.alias.domain', [])
    .map((domain) => records.value('mail.alias.domain', domain, 'catchall_email'));
  if (to.length > 0 && to.every((address) => catchalls.includes(address))) return refused('catchall');
  const delivered = addressesOf(mail.headers.get('delivered-to') as AddressObject | undefined);
  const recipients = [...delivered, ...to, ...addressesOf(mail.cc)];
  const aliases = [...new Set(recipients)].flatMap((address) => aliasesOf(records, address));
  if (aliases.length === 0) {
    if (forced !== undefined) return told('posted', [post(records, mail, messageId, forced)]);
    return refused(to.some((address) => catchalls.includes(address)) ? 'catchall' : 'no_route');
  }
  if (forced !== undefined) return refused('elsewhere');
  const accepting = aliases.filter(
    (alias) => alias['alias_contact'] === 'everyone' || authorOf(records, mail) !== undefined,
  );
  if (accepting.length === 0) return refused('alias_policy');
  return told(
    'posted',
    accepting.map((alias) => post(records, mail, messageId, placeOfAlias(records, mail, alias))),
  );
}

/** `References`, else `In-Reply-To`, as mail.thread.message_route reads them. */
function referredPlace(records: Records, mail: ParsedMail): Place | undefined {
  const references = [mail.references ?? mail.inReplyTo ?? []].flat();
  const [message] = records.search('mail.message', [['message_id', 'in', references]], 'id desc');
  const place = { model: String(message?.['model']), id: Number(message?.['res_id']) };
  return isDocument(records, place.model, place.id) ? place : undefined;
}

function placeOfAlias(records: Records, mail: ParsedMail, alias: Row): Place {
  const model = modelOfAlias(records, alias);
  const id = Number(alias['alias_force_thread_id'] || 0);
  return { model, id: id || records.create(model, { name: mail.subject ?? '' }).id };
}

/** A reply to an internal note that names it is one as well. */
function post(records: Records, mail: ParsedMail, messageId: string, place: Place): Row {
  const author = authorOf(records, mail);
  const [parent] = records.search('mail.message', [['message_id', '=', mail.inReplyTo ?? '']], 'id desc');
  const subtypeOf = (name: string) =>
    records.search('ir.model.data', [
      ['module', '=', 'mail'],
      ['name', '=', name],
    ])[0]?.['res_id'];
  const isInternal = records.store.find('mail.message.subtype', Number(parent?.['subtype_id']))?.['internal'];
  return records.create('mail.message', {
    message_id: messageId,
    message_type: 'email',
    subtype_id: subtypeOf(isInternal === true ? 'mt_note' : 'mt_comment') ?? false,
    date: odooDatetime(mail.date ?? new Date()),
    subject: mail.subject ?? false,
    body: mail.html || `<pre>${mail.text ?? ''}</pre>`,
    email_from: mail.from?.text ?? false,
    author_id: author?.id ?? false,
    model: place.model,
    res_id: place.id,
  });
}

function authorOf(records: Records, mail: ParsedMail): Row | undefined {
  const [address = ''] = addressesOf(mail.from);
  return records.search('res.partner', [['email_normalized', '=', address]])[0];
}

function addressesOf(header: AddressObject | AddressObject[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .flatMap(({ value }) => value.map(({ address }) => (address ?? '').toLowerCase()));
}

function told(result: string, rows: readonly Row[]): Values {
  return {
    result,
    messages: rows.map((row) => ({
      id: row.id,
      model: row['model'] || false,
      res_id: row['res_id'] || false,
    })),
  };
}

function refused(reason: string): Values {
  return { result: 'refused', reason };
}
