import type { Inbox } from '../src/inbox/inbox.ts';
import { verifyReplyToken } from '../src/rules/reply-token.ts';
import { envelopeOf, isRed, mailTo, showMessage, viewMessage, type MessageView } from './envelopes.ts';
import type { OrderMails, SentMessage } from './order-mails.ts';
import type { SinkMail } from './smtp-sink.ts';
import type { StandInSweego, SweegoWebhook } from './stand-in-sweego.ts';
import { expectThat, readUntil, type Timeline } from './timeline.ts';

export type StoryDeps = {
  timeline: Timeline;
  mails: OrderMails;
  sweego: StandInSweego;
  inbox: Pick<Inbox, 'list' | 'status'>;
  /** Sender of the orders' mails; his domain is that of the Sweego server in Odoo. */
  emailFrom: string;
  outboundSecret: string;
  now: () => Date;
};

type Customer = { id: number; name: string; email: string };
type SentOrder = { id: number; name: string; message: SentMessage };

/**
 * The main job end to end: what Odoo sends, what Sweego reports, and what Odoo shows afterwards. Everything
 * is read from Odoo over public RPC calls, and each step fails unless it had its effect.
 *
 * @throws StepFailed naming the step
 */
export async function tellStory(deps: StoryDeps): Promise<void> {
  const { timeline, mails } = deps;
  const createCustomer = async (name: string): Promise<Customer> => {
    const email = `${name.split(' ')[0]?.toLowerCase()}@shop.example.com`;
    return { id: await mails.createContact(name, email), name, email };
  };
  const shop = await createCustomer('Example Shop');
  const ann = await createCustomer('Ann Buyer');
  const bob = await createCustomer('Bob Accountant');

  const first = await timeline.step('Odoo mails an order to Ann and Bob', () =>
    sendOrder(deps, shop, [ann, bob]),
  );
  await timeline.step('Sweego reports: delivered to Ann', () => reportDelivered(deps, first, ann, bob));
  const bounce = await timeline.step('Sweego reports: hard bounce for Bob, 550 5.1.1', () =>
    reportBounce(deps, first, ann, bob),
  );
  await timeline.step('Sweego sends the same report again', () => repeatReport(deps, first, bounce));
  const second = await timeline.step('Odoo mails a second order, to Ann alone', () =>
    sendOrder(deps, shop, [ann]),
  );
  await timeline.step('Somebody without the secret reports a bounce of it', () =>
    forgeReport(deps, second, ann),
  );
  await timeline.step('Sweego reports: delivered to Ann; Odoo may delete the mail it kept', () =>
    reportLastDelivered(deps, second, ann),
  );
}

async function sendOrder(
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

async function reportDelivered(
  deps: StoryDeps,
  order: SentOrder,
  delivered: Customer,
  waiting: Customer,
): Promise<void> {
  const mail = await wireMail(deps, order, delivered);
  await report(deps, deps.sweego.createEvent({ type: 'delivered', mail, at: deps.now() }), 200);
  const { transactionId } = deps.sweego.submissionOf(mail);
  const view = await viewWhen(
    deps,
    order,
    `${delivered.name}'s delivery is confirmed and its transaction id stored`,
    (now) => {
      const envelope = envelopeOf(now, delivered.id);
      return envelope?.x_sweego_status === 'delivered' && envelope.x_sweego_transaction_id === transactionId;
    },
  );
  expectThat(
    mailTo(view, waiting.id)?.state === 'sent',
    `the mail stays while nothing is known of ${waiting.name}`,
  );
  deps.timeline.show('', `transaction id ${transactionId}`);
}

async function reportBounce(
  deps: StoryDeps,
  order: SentOrder,
  delivered: Customer,
  failed: Customer,
): Promise<SweegoWebhook> {
  const mail = await wireMail(deps, order, failed);
  const webhook = deps.sweego.createEvent({
    type: 'hard_bounce',
    mail,
    at: deps.now(),
    smtpAnswer: '550 5.1.1 User unknown',
  });
  await report(deps, webhook, 200);
  const view = await viewWhen(deps, order, `${failed.name}'s envelope is red`, (now) => {
    const envelope = envelopeOf(now, failed.id);
    return isRed(envelope) && envelope?.failure_type === 'mail_email_invalid';
  });
  const failedMail = mailTo(view, failed.id);
  expectThat(
    failedMail?.state === 'exception' && failedMail.failure_type === 'mail_email_invalid',
    'mail.mail is exception / mail_email_invalid',
  );
  expectThat(!isRed(envelopeOf(view, delivered.id)), `${delivered.name}'s envelope stays grey`);
  return webhook;
}

async function repeatReport(deps: StoryDeps, order: SentOrder, webhook: SweegoWebhook): Promise<void> {
  const before = JSON.stringify(await viewMessage(deps.mails, order.message.id));
  await report(deps, webhook, 200);
  const entries = await readUntil(
    'the inbox settles the repetition',
    () => deps.inbox.list({ states: ['settled'] }),
    (settled) => settled.filter((entry) => entry.webhookId === webhook.headers['webhook-id']).length === 2,
  );
  const [repeated, applied] = entries.filter((entry) => entry.webhookId === webhook.headers['webhook-id']);
  expectThat(
    applied?.reason === 'applied' && repeated?.reason.startsWith('duplicate') === true,
    'the first report was applied and the second is a duplicate',
  );
  expectThat(
    JSON.stringify(await viewMessage(deps.mails, order.message.id)) === before,
    'Odoo is exactly as before',
  );
  deps.timeline.show('inbox', `entry ${applied.id} applied, entry ${repeated.id} ${repeated.reason}`);
}

async function forgeReport(deps: StoryDeps, order: SentOrder, victim: Customer): Promise<void> {
  const mail = await wireMail(deps, order, victim);
  const genuine = deps.sweego.createEvent({ type: 'hard_bounce', mail, at: deps.now() });
  const forged = {
    ...genuine,
    headers: { ...genuine.headers, 'webhook-signature': Buffer.alloc(32, 'forged').toString('base64') },
  };
  const before = JSON.stringify(await viewMessage(deps.mails, order.message.id));
  const stored = await deps.inbox.list({});
  await report(deps, forged, 401);
  const { unclaimed } = await deps.inbox.status();
  expectThat(
    unclaimed === 0 && (await deps.inbox.list({})).length === stored.length,
    'the inbox stored nothing of it',
  );
  const view = await viewMessage(deps.mails, order.message.id);
  expectThat(JSON.stringify(view) === before, 'Odoo is exactly as before');
  showMessage(deps.timeline, view);
}

async function reportLastDelivered(deps: StoryDeps, order: SentOrder, delivered: Customer): Promise<void> {
  const mail = await wireMail(deps, order, delivered);
  await report(deps, deps.sweego.createEvent({ type: 'delivered', mail, at: deps.now() }), 200);
  const view = await viewWhen(
    deps,
    order,
    'the mail that was kept is deleted',
    (now) => now.mails.length === 0,
  );
  const envelope = envelopeOf(view, delivered.id);
  expectThat(
    envelope?.notification_status === 'sent' && envelope.x_sweego_status === 'delivered',
    `${delivered.name}'s envelope stays and says delivered`,
  );
}

async function report(deps: StoryDeps, webhook: SweegoWebhook, expectedStatus: number): Promise<void> {
  const { status, body } = await deps.sweego.send(webhook);
  deps.timeline.show('bridge', `answers ${status} ${body}`);
  expectThat(status === expectedStatus, `the bridge answers ${expectedStatus}`);
}

async function viewWhen(
  deps: StoryDeps,
  order: SentOrder,
  expected: string,
  isRight: (view: MessageView) => boolean,
): Promise<MessageView> {
  const read = () => viewMessage(deps.mails, order.message.id);
  const view = await readUntil(expected, read, isRight);
  showMessage(deps.timeline, view);
  return view;
}

function wireMail(deps: StoryDeps, order: SentOrder, customer: Customer): Promise<SinkMail> {
  return deps.sweego.waitForMail(
    (mail) => mail.recipient === customer.email && mail.headers['message-id'] === order.message.messageId,
  );
}

function tokenTarget(mail: SinkMail, secret: string) {
  const localPart = /<?(reply\+[^@<>\s]+)@/.exec(mail.headers['reply-to'] ?? '')?.[1] ?? '';
  return verifyReplyToken(localPart, [Buffer.from(secret, 'utf8')]);
}
