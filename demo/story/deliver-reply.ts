import type { IncomingRow } from '../order-mails.ts';
import { wireMail } from './send-order.ts';
import type { Customer, SentOrder, StoryDeps } from './send-order.ts';
import { expectThat, readUntil } from './timeline.ts';

const text = 'Thank you, please deliver on Friday.';

/** The customer replies, and Sweego delivers the reply twice. Odoo shows it once, on the order. */
export async function deliverReply(deps: StoryDeps, order: SentOrder, author: Customer): Promise<void> {
  const mail = await wireMail(deps, order, author);
  const address = /<([^<>]+)>/.exec(mail.headers['reply-to'] ?? '')?.[1] ?? '';
  const webhook = deps.sweego.createReply(
    {
      from: { email: author.email, name: author.name },
      to: [address],
      subject: `Re: ${order.name}`,
      text,
      headers: { 'x-mailer': 'Example Mail' },
    },
    deps.now(),
  );
  for (let delivery = 1; delivery <= 2; delivery += 1) {
    const { status, body } = await deps.sweego.sendInbound(webhook);
    deps.timeline.show('bridge', `answers ${status} ${body}`);
    expectThat(status === 200, 'the bridge answers 200');
  }
  const entries = await readUntil(
    'the inbox settles both deliveries of the reply',
    () => deps.inbox.list({ kinds: ['inbound'], states: ['settled'] }),
    (settled) => settled.length === 2,
  );
  for (const { id, reason } of entries.toReversed()) deps.timeline.show('inbox', `entry ${id} ${reason}`);
  const [message, ...more] = await deps.mails.incomingOn(order.id);
  expectThat(isRight(message, author), `${author.name}'s reply is in the chatter of ${order.name}`);
  expectThat(more.length === 0, 'it is there once');
  deps.timeline.show(order.name, `${author.name}: “${text}”`);
}

function isRight(message: IncomingRow | undefined, author: Customer): boolean {
  return (
    message !== undefined &&
    message.author_id !== false &&
    message.author_id[0] === author.id &&
    message.body.includes(text)
  );
}
