import type { Inbox } from '../../src/inbox/inbox.ts';
import { findReplyTokens } from '../../src/rules/replies/reply-token.ts';
import type { OrderMails, SentMessage } from '../order-mails.ts';
import type { SinkMail } from '../smtp-sink.ts';
import type { StandInSweego } from '../stand-in-sweego.ts';
import { envelopeOf, mailTo, showMessage, viewMessage } from './envelopes.ts';
import { expectThat } from './timeline.ts';
import type { Timeline } from './timeline.ts';

export type StoryDeps = {
  timeline: Timeline;
  mails: OrderMails;
  sweego: StandInSweego;
  inbox: Pick<Inbox, 'list' | 'status'>;
  /** Sender of the orders' mails, from the domain of the Sweego server in Odoo. */
  emailFrom: string;
  outboundSecret: string;
  now: () => Date;
};

export type Customer = { id: number; name: string; email: string };
export type SentOrder = { id: number; name: string; message: SentMessage };

/** Mails a new order of the shop, and checks the mails on the wire and what Odoo shows of them. */
export async function sendOrder(
  deps: StoryDeps,
  shop: Customer,
  customers: readonly Customer[],
): Promise<SentOrder> {
  const { mails, timeline, emailFrom } = deps;
  const order = await mails.createOrder(shop.id);
  const ids = customers.map((customer) => customer.id);
  const message = await mails.postMessage(order.id, ids, { emailFrom, body: `About ${order.name}` });
  const sent = { ...order, message };
  for (const customer of customers) {
    const mail = await wireMail(deps, sent, customer);
    expectThat(mail.headers['x-message-id'] === message.messageId, 'X-Message-Id is the Message-Id of Odoo');
    const target = tokenTarget(mail, deps.outboundSecret);
    expectThat(
      target?.model === 'sale.order' && target.id === order.id,
      `the Reply-To token verifies and names ${order.name}`,
    );
    timeline.show('on the wire', `to ${customer.email}, X-Message-Id ${message.messageId}`);
  }
  const mail = await wireMail(deps, sent, customers[0] as Customer);
  timeline.show('Reply-To', `${mail.headers['reply-to']}`);
  timeline.show('', `token verified: ${order.name} (sale.order ${order.id})`);
  const view = await viewMessage(mails, message.id);
  for (const customer of customers) {
    const kept = mailTo(view, customer.id);
    expectThat(kept?.state === 'sent' && !kept.auto_delete, 'mail.mail is sent and kept for now');
    expectThat(
      envelopeOf(view, customer.id)?.notification_status === 'sent',
      `${customer.name}'s envelope is grey`,
    );
  }
  showMessage(timeline, view);
  return sent;
}

/** The mail that Sweego got for this customer. */
export function wireMail(deps: StoryDeps, order: SentOrder, customer: Customer): Promise<SinkMail> {
  return deps.sweego.waitForMail(
    (mail) => mail.recipient === customer.email && mail.headers['message-id'] === order.message.messageId,
  );
}

function tokenTarget(mail: SinkMail, secret: string) {
  const localPart = /<?(reply\+[^@<>\s]+)@/.exec(mail.headers['reply-to'] ?? '')?.[1] ?? '';
  return findReplyTokens([localPart], [Buffer.from(secret, 'utf8')]).targets[0];
}
