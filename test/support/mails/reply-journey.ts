import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WrittenReply } from '../../../demo/sweego-reply.ts';
import type { EntrySummary } from '../../../src/inbox/inbox.ts';
import { openInbox } from '../../../src/inbox/open.ts';
import { eventually } from '../odoo/bridged-odoo.ts';
import type { BridgedOdoo, Row } from '../odoo/bridged-odoo.ts';

const program = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** An order that was mailed to a new contact, and the address that their reply goes to. */
export async function mailedOrder(bridged: BridgedOdoo, address: string) {
  const [partner = 0] = await bridged.createPartners([address]);
  const order = await bridged.createOrder(partner);
  const messageId = await bridged.post(order.id, [partner]);
  const mail = await bridged.sweego.waitForMail(({ recipient }) => recipient === address);
  return { ...order, partner, messageId, mail, replyTo: addressIn(mail.headers['reply-to']) };
}

/** The bare address of a header such as `"S00001" <reply+…@…>`. */
export function addressIn(header: string | undefined): string {
  return /<([^<>]+)>/.exec(header ?? '')?.[1] ?? '';
}

/** A reply whose headers show that no machine wrote it. */
export function personalReply(reply: Omit<WrittenReply, 'from'> & { from: string }): WrittenReply {
  return {
    text: 'Thank you!',
    headers: { 'x-mailer': 'Thunderbird' },
    ...reply,
    from: { email: reply.from, name: 'Some Body' },
  };
}

/** The bridge's inbox as it is while the bridge works on it. */
export async function entriesOf({ environment }: BridgedOdoo): Promise<EntrySummary[]> {
  const inbox = await openInbox(environment['DATABASE_URL'] ?? '');
  try {
    return await inbox.list({ kinds: ['inbound'], limit: 1_000 });
  } finally {
    await inbox.close();
  }
}

/** Sends a reply as Sweego does; returns its entry once that is settled or parked. */
export async function sendReply(bridged: BridgedOdoo, reply: WrittenReply): Promise<EntrySummary> {
  const webhook = bridged.sweego.createReply(reply, new Date());
  const { status } = await bridged.sweego.sendInbound(webhook);
  if (status !== 200) throw new Error(`The bridge answered ${status}.`);
  return waitUntilEnded(bridged, webhook.headers['webhook-id'] ?? '');
}

export async function waitUntilEnded(bridged: BridgedOdoo, requestKey: string): Promise<EntrySummary> {
  const find = async () => (await entriesOf(bridged)).find((entry) => entry.requestKey === requestKey);
  const isEnded = (entry: EntrySummary | undefined) =>
    entry !== undefined && ['settled', 'parked'].includes(entry.state);
  return (await eventually(find, isEnded)) as EntrySummary;
}

/** Runs a command of the built program beside the bridge. */
export async function runCommand({ environment }: BridgedOdoo, words: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  return (await promisify(execFile)(process.execPath, [program, ...words], { env })).stdout;
}

/** Messages that came in by mail on a record, with their files' names and contents. */
export async function incomingOn(bridged: BridgedOdoo, model: string, id: number): Promise<Row[]> {
  return bridged.search(
    'mail.message',
    [
      ['model', '=', model],
      ['res_id', '=', id],
      ['message_type', '=', 'email'],
    ],
    ['body', 'author_id', 'email_from', 'attachment_ids', 'subtype_id', 'subject', 'message_id'],
  );
}
