import { userError } from './faults.ts';
import { textOf } from './field.ts';
import type { Records, Values } from './records.ts';
import type { Row } from './store.ts';

/** Of each list of `route`. */
const longestList = 200;

/** The provisioned action `route`: what is known of a mail's addresses, references, documents and senders. */
export function bridgeRoute(records: Records, input: Values): unknown {
  const { store } = records;
  const messageIds = listOf(input, 'message_ids');
  const wireIds = new Map(
    store
      .all('x_sweego_event')
      .filter((event) => messageIds.includes(event['x_wire_id']))
      .map((event) => [event['x_wire_id'], event['x_message_id']]),
  );
  const wanted = [...messageIds, ...wireIds.values()];
  const senders = listOf(input, 'senders');
  const partners = store
    .all('res.partner')
    .filter((partner) => senders.includes(records.value('res.partner', partner, 'email_normalized')))
    .map((partner) => partner.id);
  const internal = store
    .all('res.users')
    .filter((user) => partners.includes(Number(user['partner_id'])) && !user['share'] && user['active'])
    .map((user) => String(records.value('res.users', user, 'email')).toLowerCase());
  return {
    recipients: listOf(input, 'addresses').flatMap((address) => recipientRows(records, String(address))),
    alias_domains: store.all('mail.alias.domain').map((domain) => domain['name']),
    messages: store
      .all('mail.message')
      .filter((message) => wanted.includes(message['message_id']))
      .map((message) => messageState(records, message)),
    wire_ids: [...wireIds].map(([wireId, messageId]) => ({ wire_id: wireId, message_id: messageId })),
    documents: listOf(input, 'documents').map((document) =>
      documentState(records, document as [string | number, number], partners, senders),
    ),
    internal_senders: [...new Set(internal)].sort(),
  };
}

/** Aliases of this address; their domain's catchall and bounce addresses are none. */
export function aliasesOf(records: Records, address: string): Row[] {
  return records.search('mail.alias', [['alias_full_name', '=', address]]);
}

/** The model of an alias, by the ir.model row it names. */
export function modelOfAlias(records: Records, alias: Row): string {
  return textOf(records.store.find('ir.model', Number(alias['alias_model_id']))?.['model']);
}

/** Whether it exists and has a chatter. */
export function isDocument(records: Records, model: string, id: number): boolean {
  return isThread(records, model) && records.store.find(model, id) !== undefined;
}

export function isThread(records: Records, model: string): boolean {
  return records.hasModel(model) && records.model(model).isMailThread === true;
}

function recipientRows(records: Records, address: string): Values[] {
  const ofDomains = records.store
    .all('mail.alias.domain')
    .flatMap((domain) =>
      ['catchall', 'bounce']
        .filter((kind) => records.value('mail.alias.domain', domain, `${kind}_email`) === address)
        .map((kind) => ({ address, kind, model: false, thread_id: false })),
    );
  const ofAliases = aliasesOf(records, address).map((alias) => ({
    address,
    kind: 'alias',
    model: modelOfAlias(records, alias),
    thread_id: alias['alias_force_thread_id'] || false,
  }));
  return [...ofDomains, ...ofAliases];
}

function messageState(records: Records, message: Row): Values {
  const subtype = records.store.find('mail.message.subtype', Number(message['subtype_id']));
  return {
    id: message.id,
    message_id: message['message_id'],
    model: message['model'] || false,
    res_id: message['res_id'] || false,
    is_there: isDocument(records, textOf(message['model']), Number(message['res_id'])),
    is_internal: subtype?.['internal'] === true && message['message_type'] !== 'auto_comment',
  };
}

function documentState(
  records: Records,
  [given, id]: [string | number, number],
  partners: readonly number[],
  senders: readonly unknown[],
): Values {
  const { store } = records;
  const model = typeof given === 'string' ? given : textOf(store.find('ir.model', given)?.['model']);
  const isThere = isDocument(records, model, id);
  const isMailed = (message: Row): boolean =>
    store
      .all('mail.notification')
      .some(
        (row) =>
          row['mail_message_id'] === message.id &&
          (partners.includes(Number(row['res_partner_id'])) || senders.includes(row['mail_email_address'])),
      ) ||
    store
      .all('x_sweego_event')
      .some((row) => row['x_message_id'] === message['message_id'] && senders.includes(row['x_recipient']));
  const messages = store
    .all('mail.message')
    .filter((message) => message['model'] === model && message['res_id'] === id);
  const newest = messages.findLast(isMailed);
  const note = messages.findLast((message) => messageState(records, message)['is_internal'] === true);
  return {
    model: model || false,
    id,
    is_there: isThere,
    newest_mailed: isThere && newest !== undefined && messageState(records, newest),
    newest_note: isThere && note !== undefined && messageState(records, note),
  };
}

function listOf(input: Values, name: string): unknown[] {
  const list: unknown[] = Array.isArray(input[name]) ? input[name] : [];
  if (list.length > longestList) throw userError(`sweego_bridge: route takes ${longestList} ${name} at most`);
  return list;
}
