import { createOrderMails } from '../../../demo/order-mails.ts';
import type { OrderMails, SentMessage } from '../../../demo/order-mails.ts';
import { startSmtpSink } from '../../../demo/smtp-sink.ts';
import type { SmtpSink } from '../../../demo/smtp-sink.ts';
import { createBridgeActions } from '../../../src/odoo/bridge-actions.ts';
import type { BridgeActions } from '../../../src/odoo/bridge-actions.ts';
import type { MessageChange } from '../../../src/odoo/message-change.ts';
import type { MessageState } from '../../../src/odoo/message-state.ts';
import type { Odoo } from '../../../src/odoo/odoo.ts';
import { logEventIds } from '../../../src/rules/delivery/merge-events.ts';

/** A provisioned Odoo 19, with one connection as its administrator and one as the bridge's own user. */
export type ProvisionedOdoo = {
  admin: Odoo;
  bridge: Odoo;
  close(): Promise<void>;
};

/** The environment of the contract: a provisioned Odoo whose mails go to a sink. */
export type ActionsWorld = {
  odoo: ProvisionedOdoo;
  sink: SmtpSink;
  mails: OrderMails;
  actions: BridgeActions;
  serverId: number;
  /** mail.alias id of `contractAlias`, which creates contacts. */
  aliasId: number;
  /** Partner ids of two customers, `Ann@Customer.example.com` and `bob@customer.example.com`. */
  ann: number;
  bob: number;
  /** Calls Odoo as the administrator, with keyword arguments. */
  call(
    model: string,
    method: string,
    ids?: readonly number[],
    values?: Readonly<Record<string, unknown>>,
  ): Promise<unknown>;
  create(model: string, values: Readonly<Record<string, unknown>>): Promise<number>;
  /** Posts on a new order. The mail is sent before the promise resolves. */
  send(partners: readonly number[]): Promise<SentMessage & { orderId: number }>;
  /** Sends a direct mail, as a mail template does, without a notification. It is sent before the promise resolves. */
  sendDirect(emailTo: string, emailCc?: string): Promise<SentMessage & { mailId: number }>;
  readOne(message: SentMessage): Promise<MessageState>;
  statusesOf(message: SentMessage): Promise<string[]>;
  close(): Promise<void>;
};

export const contractSecret = Buffer.from('the outbound secret of the contract suite 48 byte').toString(
  'base64',
);
/** The alias domain of the suite. Odoo assigns it to company 1 if that company has none. */
export const contractDomain = 'reply.contract.example.com';
export const contractAlias = `incoming@${contractDomain}`;
export const contractSender = '"Example Sales" <sales@contract.example.com>';

export async function openActionsWorld(open: () => Promise<ProvisionedOdoo>): Promise<ActionsWorld> {
  const sink = await startSmtpSink();
  const odoo = await open();
  const mails = createOrderMails(odoo.admin);
  const actions = createBridgeActions(odoo.bridge);
  const serverId = await mails.createMailServer({
    name: 'Sweego of the contract suite',
    smtp_host: '127.0.0.1',
    smtp_port: sink.port,
    from_filter: 'contract.example.com',
    x_sweego_enabled: true,
    x_sweego_outbound_webhook_secret: contractSecret,
    x_sweego_delete_on_sent: true,
  });
  const call: ActionsWorld['call'] = (model, method, ids, values) =>
    odoo.admin.call({
      model,
      method,
      ...(ids === undefined ? {} : { ids }),
      ...(values === undefined ? {} : { arguments: values }),
    });
  const create = async (model: string, values: Readonly<Record<string, unknown>>): Promise<number> => {
    const [id] = (await call(model, 'create', undefined, { vals_list: [values] })) as [number];
    return id;
  };
  const domainId = await create('mail.alias.domain', { name: contractDomain });
  const [partnerModel] = (await call('ir.model', 'search', undefined, {
    domain: [['model', '=', 'res.partner']],
  })) as [number];
  const aliasId = await create('mail.alias', {
    alias_name: 'incoming',
    alias_domain_id: domainId,
    alias_model_id: partnerModel,
  });
  const shop = await mails.createContact('Example Shop', 'shop@example.com');
  return {
    odoo,
    sink,
    mails,
    actions,
    serverId,
    aliasId,
    ann: await mails.createContact('Ann Example', 'Ann@Customer.example.com'),
    bob: await mails.createContact('Bob Example', 'bob@customer.example.com'),
    call,
    create,
    async send(partners) {
      const order = await mails.createOrder(shop);
      const message = await mails.postMessage(order.id, partners, { emailFrom: contractSender });
      return { ...message, orderId: order.id };
    },
    async sendDirect(emailTo, emailCc) {
      const order = await mails.createOrder(shop);
      const mailId = await create('mail.mail', {
        subject: 'Direct',
        body_html: '<p>Direct</p>',
        email_from: contractSender,
        email_to: emailTo,
        model: 'sale.order',
        res_id: order.id,
        auto_delete: true,
        ...(emailCc === undefined ? {} : { email_cc: emailCc }),
      });
      await call('mail.mail', 'send', [mailId]);
      const [row] = (await call('mail.mail', 'read', [mailId], {
        fields: ['mail_message_id', 'message_id'],
      })) as [{ mail_message_id: [number, string]; message_id: string }];
      return { mailId, id: row.mail_message_id[0], messageId: row.message_id };
    },
    async readOne(message) {
      const [state] = (await actions.read([message.messageId])).messages;
      if (state === undefined) throw new Error('The message is not there.');
      return state;
    },
    async statusesOf(message) {
      return (await mails.notificationsOf(message.id)).map((row) => row.notification_status);
    },
    async close() {
      await odoo.close();
      await sink.close();
    },
  };
}

/** A change that expects exactly the state that was read, and writes nothing yet. */
export function changeOf(state: MessageState): MessageChange {
  return {
    message: state.id,
    message_id: state.message_id,
    expect: {
      mails: state.mails.map(({ id, state: mailState }) => ({ id, state: mailState })),
      notifications: state.notifications.map(({ id, status, sweego_uid }) => ({
        id,
        status,
        uid: sweego_uid,
      })),
      events: state.events.length,
      log_events: logEventIds(state.events),
    },
    locked_mail_ids: state.mails.map(({ id }) => id),
    event_replaces: [],
    event_creates: [],
    notification_writes: [],
    notification_creates: [],
    mail_writes: [],
    mail_unlinks: [],
    trace_writes: [],
    blacklisted: [],
    bounced_addresses: [],
    refresh: false,
  };
}

/** A change that marks every notification of the message as failed. Odoo then shows a red envelope. */
export function failing(state: MessageState, failureType = 'unknown'): MessageChange {
  return {
    ...changeOf(state),
    notification_writes: state.notifications.map(({ id }) => ({
      id,
      values: { notification_status: 'exception', failure_type: failureType, x_sweego_uid: '01-first' },
    })),
    refresh: true,
  };
}

/** Writes of the same values to every mail of the message. */
export function mailsIn(
  state: MessageState,
  values: MessageChange['mail_writes'][number]['values'],
): MessageChange['mail_writes'] {
  return state.mails.map(({ id }) => ({ id, values }));
}
