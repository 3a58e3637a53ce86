import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { provisionVersion } from '../../src/odoo/bridge-actions.ts';
import type { MessageChange } from '../../src/odoo/message-change.ts';
import { recipientOf } from './intake/intake-event.ts';

/**
 * An Odoo that knows every message and takes every change, at a set speed and with next to no work, over JSON-2:
 * what the worker needs to drain while intake is measured. It says nothing about Odoo's own speed.
 *
 * Arguments: the outbound secret, and how many changes a second are applied. Prints its URL once it listens, and
 * runs until it is killed.
 */
const [, , outboundSecret, changesPerSecond] = process.argv as [string, string, string, string];
const actions = ['action_settings', 'action_read', 'action_apply'];

type Call = {
  xml_id?: string;
  ids?: number[];
  context?: { sweego_bridge: { message_ids?: string[]; changes?: MessageChange[] } };
};

async function answer(path: string, call: Call): Promise<unknown> {
  if (path.endsWith('/check_object_reference')) {
    return ['ir.actions.server', actions.indexOf(call.xml_id ?? '') + 1];
  }
  const { message_ids = [], changes = [] } = call.context?.sweego_bridge ?? {};
  const action = actions[(call.ids?.[0] ?? 0) - 1];
  if (action === 'action_settings') return settings;
  if (action === 'action_read') return { messages: message_ids.map(messageOf), gone: [] };
  await sleep((changes.length / Number(changesPerSecond)) * 1000);
  return { results: changes.map(() => 'applied') };
}

const settings = {
  provision_version: provisionVersion,
  servers: [
    {
      id: 1,
      from_filter: false,
      outbound_secrets: [outboundSecret],
      inbound_secrets: [],
      show_auto_replies: false,
      feed_blacklist: false,
      count_bounces: false,
    },
  ],
  alias_domains: [],
  reconciliation: { is_on: true, every_minutes: 30, requested_at: false },
  api_key: false,
  client_uuid: false,
  failure_types: { mail: ['unknown'], notification: ['unknown'] },
  company_language: 'en_US',
};

/** A notification mail with one recipient, sent and to be deleted: what most events are about. */
function messageOf(messageId: string, index: number) {
  const recipient = recipientOf(messageId);
  const id = index + 1;
  return {
    message_id: messageId,
    id,
    model: 'sale.order',
    res_id: 1,
    mails: [
      {
        id,
        state: 'sent',
        is_notification: true,
        auto_delete_requested: true,
        confirmed: false,
        recipients: [{ partner_id: id, address: recipient }],
        email_to: false,
        email_cc: false,
        original_recipients: false,
      },
    ],
    notifications: [
      {
        id,
        mail_id: id,
        address: recipient,
        recorded_address: false,
        status: 'sent',
        failure_type: false,
        sweego_status: false,
        sweego_status_at: false,
        sweego_uid: false,
        sweego_transaction_id: false,
        sweego_message_id: false,
      },
    ],
    events: [],
    traces: [],
  };
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Call;
}

const server = createServer((request, response) => {
  void readCall(request)
    .then((call) => answer(request.url ?? '', call))
    .then((value) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
