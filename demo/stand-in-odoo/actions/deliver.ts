import { simpleParser } from 'mailparser';
import type { AddressObject, ParsedMail } from 'mailparser';
import { findSubtype } from '../mails/mail-creation.ts';
import { normalizedAddress } from '../records/field.ts';
import type { Records, Values } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { aliasModels } from './route.ts';

type Place = { model: string; id: number };

/**
 * The provisioned action `deliver`, as far as Odoo's mail gateway takes the mail: it posts where the references
 * point, or for an alias, or on the document that the bridge names. What Odoo refuses is tested on the real Odoo
 * alone.
 */
export async function deliver(records: Records, input: Values): Promise<unknown> {
  // Read before the transaction, which is synchronous: nothing comes between looking up and posting.
  const mail = await simpleParser(String(input['message']), { skipImageLinks: true });
  return records.store.transaction(() => {
    const messageId = String(input['message_id']);
    const known = records.search('mail.message', [['message_id', '=', messageId]]);
    if (known.length > 0) return answer('duplicate', known);
    const { model, thread_id: threadId } = input;
    const named = typeof model === 'string' ? { model, id: Number(threadId) } : undefined;
    if (named !== undefined && records.findDocument(named.model, named.id) === undefined) {
      return { result: 'missing' };
    }
    return answer('posted', [post(records, mail, messageId, placeOf(records, mail, named))]);
  });
}

function placeOf(records: Records, mail: ParsedMail, named: Place | undefined): Place {
  const referred = referredPlace(records, mail);
  const places = [referred, named].filter((place) => place !== undefined);
  const [place, other = place] = places;
  if (place !== undefined && place.model === other?.model && place.id === other.id) return place;
  const recipients = ['delivered-to', 'to', 'cc'].flatMap((name) => addressesOf(mail.headers.get(name)));
  const [model] = recipients.flatMap((address) => aliasModels(records, address));
  if (places.length > 0 || model === undefined) {
    throw new Error('The stand-in delivers no mail that Odoo would refuse.');
  }
  return { model, id: records.create(model, { name: mail.subject ?? '' }).id };
}

/** `References`, else `In-Reply-To`, as mail.thread.message_route reads them. */
function referredPlace(records: Records, mail: ParsedMail): Place | undefined {
  const references = [mail.references ?? mail.inReplyTo ?? []].flat();
  const message = records.search('mail.message', [['message_id', 'in', references]]).at(-1);
  const place = { model: String(message?.['model']), id: Number(message?.['res_id']) };
  return records.findDocument(place.model, place.id) && place;
}

/** A reply to an internal note is a note as well. */
function post(records: Records, mail: ParsedMail, messageId: string, { model, id }: Place): Row {
  const [sender = ''] = addressesOf(mail.from);
  const author = records.store
    .all('res.partner')
    .find((partner) => normalizedAddress(partner['email']) === sender);
  const parent = records.search('mail.message', [['message_id', '=', mail.inReplyTo ?? '']]).at(-1);
  const noteSubtype = findSubtype(records, 'mt_note');
  const isNote = parent?.['subtype_id'] === noteSubtype;
  return records.create('mail.message', {
    message_id: messageId,
    message_type: 'email',
    subtype_id: isNote ? noteSubtype : findSubtype(records, 'mt_comment'),
    subject: mail.subject,
    body: mail.html || `<pre>${mail.text ?? ''}</pre>`,
    email_from: mail.from?.text,
    author_id: author?.id,
    model,
    res_id: id,
  });
}

function addressesOf(header: unknown): string[] {
  const { value = [] } = (header ?? {}) as Partial<AddressObject>;
  return value.map(({ address }) => (address ?? '').toLowerCase());
}

function answer(result: string, rows: readonly Row[]): unknown {
  return {
    result,
    messages: rows.map((row) => ({
      id: row.id,
      model: row['model'] ?? false,
      res_id: row['res_id'] ?? false,
    })),
  };
}
