import { userError } from '../faults.ts';
import { normalizedAddress, textOf } from '../records/field.ts';
import type { Records, Values } from '../records/records.ts';
import type { Row } from '../records/store.ts';
import { createRowFinder, eventsByMessageId } from './message-rows.ts';

/** Of each list of `route`. */
const longestList = 200;

/** The provisioned action `route`: what Odoo knows of a mail's addresses, references, documents and senders. */
export function route(records: Records, input: Values): unknown {
  const { store } = records;
  const [addresses, messageIds, documents, senders] = [
    'addresses',
    'message_ids',
    'documents',
    'senders',
  ].map((name) => listOf(input, name)) as [string[], unknown[], [string | number, number][], unknown[]];
  const wireIds = new Map(
    store
      .all('x_sweego_event')
      .filter((event) => messageIds.includes(event['x_wire_id']))
      .map((event) => [event['x_wire_id'], event['x_message_id']]),
  );
  const wanted = [...messageIds, ...wireIds.values()];
  const partners = store
    .all('res.partner')
    .filter((partner) => senders.includes(normalizedAddress(partner['email'])))
    .map(({ id }) => id);
  return {
    recipients: addresses.flatMap((address) => recipientsAt(records, address)),
    alias_domains: store.all('mail.alias.domain').map((domain) => domain['name']),
    messages: store
      .all('mail.message')
      .filter((message) => wanted.includes(message['message_id']))
      .map((message) => messageState(records, message)),
    wire_ids: [...wireIds].map(([wireId, messageId]) => ({ wire_id: wireId, message_id: messageId })),
    documents: documents.map(([given, id]) => {
      const model = typeof given === 'string' ? given : modelOf(records, given);
      return documentState(records, model, id, { senders, partners });
    }),
    internal_senders: store
      .all('res.users')
      .filter((user) => partners.includes(Number(user['partner_id'])) && !user['share'] && user['active'])
      .map((user) => String(records.value('res.users', user, 'email')).toLowerCase()),
  };
}

/** The models of the aliases with this address. */
export function aliasModels(records: Records, address: string): string[] {
  return records.store.all('mail.alias').flatMap((alias) => {
    const domain = records.store.find('mail.alias.domain', Number(alias['alias_domain_id']));
    const isHere = `${String(alias['alias_name'])}@${String(domain?.['name'])}` === address;
    return isHere ? [modelOf(records, alias['alias_model_id'])] : [];
  });
}

function modelOf({ store }: Records, modelId: unknown): string {
  return textOf(store.find('ir.model', Number(modelId))?.['model']);
}

function recipientsAt(records: Records, address: string): Values[] {
  const domains = records.store.all('mail.alias.domain').map(({ name }) => String(name));
  const ofDomains = domains.flatMap((domain) =>
    ['catchall', 'bounce']
      .filter((kind) => `${kind}@${domain}` === address)
      .map((kind) => ({ address, kind, model: false, thread_id: false })),
  );
  const ofAliases = aliasModels(records, address).map((model) => ({
    address,
    kind: 'alias',
    model,
    thread_id: false,
  }));
  return [...ofDomains, ...ofAliases];
}

function messageState(records: Records, message: Row): Values {
  const subtype = records.store.find('mail.message.subtype', Number(message['subtype_id']));
  return {
    id: message.id,
    message_id: message['message_id'],
    model: message['model'] ?? false,
    res_id: message['res_id'] ?? false,
    is_there: records.findDocument(message['model'], message['res_id']) !== undefined,
    is_internal: subtype?.['internal'] === true && message['message_type'] !== 'auto_comment',
  };
}

function documentState(
  records: Records,
  model: string,
  id: number,
  { senders, partners }: { senders: readonly unknown[]; partners: readonly number[] },
): Values {
  if (records.findDocument(model, id) === undefined) {
    return { model: model || false, id, is_there: false, newest_mailed: false, newest_note: false };
  }
  const rowsOf = createRowFinder(records);
  const events = eventsByMessageId(records);
  const messages = records.store
    .all('mail.message')
    .filter((message) => message['model'] === model && message['res_id'] === id);
  const isMailed = (message: Row): boolean =>
    rowsOf(message.id).notifications.some(
      (row) =>
        partners.includes(Number(row['res_partner_id'])) || senders.includes(row['mail_email_address']),
    ) || (events.get(message['message_id']) ?? []).some((event) => senders.includes(event['x_recipient']));
  const stateOf = (message: Row | undefined) => message !== undefined && messageState(records, message);
  return {
    model,
    id,
    is_there: true,
    newest_mailed: stateOf(messages.findLast(isMailed)),
    newest_note: stateOf(messages.findLast((message) => messageState(records, message)['is_internal'])),
  };
}

function listOf(input: Values, name: string): unknown[] {
  const list = input[name] as unknown[];
  if (list.length > longestList) throw userError(`sweego_bridge: route takes ${longestList} ${name} at most`);
  return list;
}
