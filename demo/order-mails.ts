import type { Odoo } from '../src/odoo/odoo.ts';

export type SentMessage = {
  /** mail.message id. */
  id: number;
  /** RFC 5322 Message-Id with angle brackets. */
  messageId: string;
};

export type MailRow = {
  id: number;
  state: string;
  failure_type: string | false;
  failure_reason: string | false;
  auto_delete: boolean;
  recipient_ids: number[];
  x_sweego_relayed: boolean;
  x_sweego_auto_delete: boolean;
  x_sweego_confirmed: boolean;
};

export type NotificationRow = {
  id: number;
  res_partner_id: [number, string] | false;
  mail_email_address: string | false;
  notification_status: string;
  failure_type: string | false;
  failure_reason: string | false;
  x_sweego_status: string | false;
  x_sweego_uid: string | false;
  x_sweego_transaction_id: string | false;
  x_sweego_reason: string | false;
};

/** A message that came in by mail. */
export type IncomingRow = { id: number; body: string; author_id: [number, string] | false };

/** What the demo and the tests do and read as Odoo's administrator, by public RPC calls only. */
export type OrderMails = {
  /** An outgoing mail server for this sender address or domain, with its Sweego settings. */
  createMailServer(values: Readonly<Record<string, unknown>>): Promise<number>;
  createContact(name: string, email: string): Promise<number>;
  createOrder(partnerId: number): Promise<{ id: number; name: string }>;
  /** Posts on the order as a user does in the chatter. Like Odoo, it resolves after the mail is sent. */
  postMessage(
    orderId: number,
    partnerIds: readonly number[],
    options?: { body?: string; emailFrom?: string },
  ): Promise<SentMessage>;
  mailsOf(message: number): Promise<MailRow[]>;
  notificationsOf(message: number): Promise<NotificationRow[]>;
  /** The messages on an order that came in by mail. */
  incomingOn(orderId: number): Promise<IncomingRow[]>;
};

export function createOrderMails(admin: Odoo): OrderMails {
  const create = async (model: string, values: Readonly<Record<string, unknown>>): Promise<number> => {
    const [id] = (await admin.call({
      model,
      method: 'create',
      arguments: { vals_list: [values] },
    })) as [number];
    return id;
  };
  const readOf = (model: string, domain: unknown, fields: readonly string[]): Promise<unknown> =>
    admin.call({ model, method: 'search_read', arguments: { domain, fields, order: 'id' } });

  return {
    createMailServer: (values) => create('ir.mail_server', values),
    createContact: (name, email) => create('res.partner', { name, email }),
    async createOrder(partnerId) {
      const id = await create('sale.order', { partner_id: partnerId });
      const [row] = (await readOf('sale.order', [['id', '=', id]], ['name'])) as [{ name: string }];
      return { id, name: row.name };
    },
    async postMessage(orderId, partnerIds, { body = 'Your order is ready.', emailFrom } = {}) {
      const [id] = (await admin.call({
        model: 'sale.order',
        method: 'message_post',
        ids: [orderId],
        arguments: {
          body,
          message_type: 'comment',
          subtype_xmlid: 'mail.mt_comment',
          partner_ids: partnerIds,
          ...(emailFrom === undefined ? {} : { email_from: emailFrom }),
        },
      })) as [number];
      const [row] = (await readOf('mail.message', [['id', '=', id]], ['message_id'])) as [
        { message_id: string },
      ];
      return { id, messageId: row.message_id };
    },
    mailsOf: (message) =>
      readOf(
        'mail.mail',
        [['mail_message_id', '=', message]],
        [
          'state',
          'failure_type',
          'failure_reason',
          'auto_delete',
          'recipient_ids',
          'x_sweego_relayed',
          'x_sweego_auto_delete',
          'x_sweego_confirmed',
        ],
      ) as Promise<MailRow[]>,
    incomingOn: (orderId) =>
      readOf(
        'mail.message',
        [
          ['model', '=', 'sale.order'],
          ['res_id', '=', orderId],
          ['message_type', '=', 'email'],
        ],
        ['body', 'author_id'],
      ) as Promise<IncomingRow[]>,
    notificationsOf: (message) =>
      readOf(
        'mail.notification',
        [['mail_message_id', '=', message]],
        [
          'res_partner_id',
          'mail_email_address',
          'notification_status',
          'failure_type',
          'failure_reason',
          'x_sweego_status',
          'x_sweego_uid',
          'x_sweego_transaction_id',
          'x_sweego_reason',
        ],
      ) as Promise<NotificationRow[]>,
  };
}
