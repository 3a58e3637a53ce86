import type { SweegoWebhook } from '../stand-in-sweego.ts';
import { deliverReply } from './deliver-reply.ts';
import { envelopeOf, isRed, mailTo, showMessage, viewMessage } from './envelopes.ts';
import type { MessageView } from './envelopes.ts';
import { sendOrder, wireMail } from './send-order.ts';
import type { Customer, SentOrder, StoryDeps } from './send-order.ts';
import { expectThat, readUntil } from './timeline.ts';

/**
 * The main job end to end: Odoo sends, Sweego reports, and Odoo shows the result. Everything is read from Odoo by
 * public RPC calls, and each step fails unless it had its effect.
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
  await timeline.step('Ann replies; Sweego hands her mail over twice', () => deliverReply(deps, second, ann));
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
  const expected = `${failed.name}'s envelope is red and mail.mail is exception / mail_email_invalid`;
  const view = await viewWhen(deps, order, expected, (now) => {
    const [envelope, failedMail] = [envelopeOf(now, failed.id), mailTo(now, failed.id)];
    return (
      isRed(envelope) &&
      envelope?.failure_type === 'mail_email_invalid' &&
      failedMail?.state === 'exception' &&
      failedMail.failure_type === 'mail_email_invalid'
    );
  });
  expectThat(!isRed(envelopeOf(view, delivered.id)), `${delivered.name}'s envelope stays grey`);
  return webhook;
}

async function repeatReport(deps: StoryDeps, order: SentOrder, webhook: SweegoWebhook): Promise<void> {
  const before = JSON.stringify(await viewMessage(deps.mails, order.message.id));
  await report(deps, webhook, 200);
  const entries = await readUntil(
    'the inbox settles the repetition',
    () => deps.inbox.list({ states: ['settled'] }),
    (settled) => settled.filter((entry) => entry.requestKey === webhook.headers['webhook-id']).length === 2,
  );
  const [repeated, applied] = entries.filter((entry) => entry.requestKey === webhook.headers['webhook-id']);
  expectThat(
    applied?.outcome === 'applied' && repeated?.outcome === 'duplicate',
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
  const expected = `the mail that was kept is deleted and ${delivered.name}'s envelope says delivered`;
  await viewWhen(deps, order, expected, (now) => {
    const envelope = envelopeOf(now, delivered.id);
    return (
      now.mails.length === 0 &&
      envelope?.notification_status === 'sent' &&
      envelope.x_sweego_status === 'delivered'
    );
  });
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
