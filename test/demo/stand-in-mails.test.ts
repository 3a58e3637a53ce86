import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStandIn, outboundSecret } from './open-stand-in.ts';
import type { OpenStandIn } from './open-stand-in.ts';

let open: OpenStandIn;
let ann: number;
let bob: number;
beforeEach(async () => {
  open = await openStandIn();
  ann = await open.mails.createContact('Ann Example', 'ann@example.com');
  bob = await open.mails.createContact('Bob Example', 'bob@example.com');
});
afterEach(() => open.close());

const send = (mail: number) => open.admin.call({ model: 'mail.mail', method: 'send', ids: [mail] });
const write = (model: string, id: number, vals: Record<string, unknown>) =>
  open.admin.call({ model, method: 'write', ids: [id], arguments: { vals } });

test('a message to two partners becomes one mail, two notifications and two SMTP transactions', async () => {
  const order = await open.mails.createOrder(ann);
  expect(order.name).toBe('S00001');
  const message = await open.mails.postMessage(order.id, [ann, bob], { body: 'Hello' });
  expect(message.messageId).toMatch(new RegExp(`^<\\d+\\.\\d+\\.\\d+-openerp-${order.id}-sale\\.order@`));
  expect(await open.mails.mailsOf(message.id)).toMatchObject([{ state: 'sent', recipient_ids: [ann, bob] }]);
  expect((await open.mails.notificationsOf(message.id)).map((row) => row.notification_status)).toEqual([
    'sent',
    'sent',
  ]);
  expect(open.sink.mails.map((mail) => mail.recipient)).toEqual(['ann@example.com', 'bob@example.com']);
  for (const mail of open.sink.mails) {
    expect(mail.headers['message-id']).toBe(message.messageId);
    expect(mail.subject).toBe('Sales Order S00001');
    expect(mail.text).toBe('Hello');
  }
});

test('a mail through the Sweego server carries its Message-Id and a Reply-To signed for its order', async () => {
  const order = await open.mails.createOrder(ann);
  const message = await open.mails.postMessage(order.id, [ann]);
  const [mail] = open.sink.mails;
  expect(mail?.headers['x-message-id']).toBe(message.messageId);
  expect(mail?.raw).toMatch(/^X-Message-Id: ?\r\n <\S+>\r$/im);
  const payload = `${order.id}-sale.order`;
  const signature = createHmac('sha256', outboundSecret).update(payload).digest('hex').slice(0, 8);
  expect(mail?.headers['reply-to']).toBe(
    `${order.name} <reply+${Buffer.from(payload).toString('hex')}.${signature}@odoo.example.com>`,
  );
});

test('a reply address that somebody chose stays, and another server’s mails stay as Odoo made them', async () => {
  const order = await open.mails.createOrder(ann);
  await open.admin.call({
    model: 'sale.order',
    method: 'message_post',
    ids: [order.id],
    arguments: { body: 'x', partner_ids: [ann], reply_to: 'support@example.com' },
  });
  await open.mails.createMailServer({
    name: 'Other',
    smtp_host: '127.0.0.1',
    smtp_port: open.sink.port,
    from_filter: 'other.example.com',
  });
  await open.mails.postMessage(order.id, [bob], { emailFrom: 'sales@other.example.com' });
  const [chosen, other] = open.sink.mails;
  expect(chosen?.headers['reply-to']).toBe('support@example.com');
  expect(chosen?.headers['x-message-id']).toBeDefined();
  expect(other?.headers['reply-to']).toContain('catchall@odoo.example.com');
  expect(other?.headers['x-message-id']).toBeUndefined();
});

test('shows the mail as outgoing to other sessions while the SMTP server is slow', async () => {
  const order = await open.mails.createOrder(ann);
  open.sink.setDelay(400);
  const posted = open.mails.postMessage(order.id, [ann]);
  await open.sink.waitFor(() => true);
  const during = await open.admin.call({
    model: 'mail.mail',
    method: 'search_read',
    arguments: { domain: [], fields: ['state'] },
  });
  expect(during).toMatchObject([{ state: 'outgoing' }]);
  const message = await posted;
  expect(await open.mails.mailsOf(message.id)).toMatchObject([{ state: 'sent' }]);
});

test('sends a mail again when somebody changed it during the SMTP transaction', async () => {
  const order = await open.mails.createOrder(ann);
  open.sink.setDelay(400);
  const posted = open.mails.postMessage(order.id, [ann]);
  await open.sink.waitFor(() => true);
  const [mail] = (await open.admin.call({
    model: 'mail.mail',
    method: 'search',
    arguments: { domain: [] },
  })) as [number];
  await write('mail.mail', mail, { x_sweego_confirmed: true });
  await expect(posted).rejects.toMatchObject({ code: 'ODOO_CONFLICT' });
  open.sink.setDelay(0);
  await send(mail);
  expect(open.sink.mails.map((one) => one.recipient)).toEqual(['ann@example.com', 'ann@example.com']);
});

test('deletes a sent notification mail at once without deferred deletion, and its envelope stays', async () => {
  const [server] = (await open.admin.call({
    model: 'ir.mail_server',
    method: 'search',
    arguments: { domain: [] },
  })) as [number];
  await write('ir.mail_server', server, { x_sweego_delete_on_sent: false });
  const order = await open.mails.createOrder(ann);
  const message = await open.mails.postMessage(order.id, [ann]);
  expect(await open.mails.mailsOf(message.id)).toEqual([]);
  expect(await open.mails.notificationsOf(message.id)).toMatchObject([{ notification_status: 'sent' }]);
});

test('an SMTP refusal and an unreachable server both end in a red envelope', async () => {
  const order = await open.mails.createOrder(ann);
  open.sink.setRefusal('bob@example.com', { code: 550, text: 'No such user' });
  const refused = await open.mails.postMessage(order.id, [bob]);
  expect(await open.mails.mailsOf(refused.id)).toMatchObject([
    { state: 'exception', failure_type: 'unknown', failure_reason: expect.stringContaining('550') as string },
  ]);

  open.sink.setRefusal('bob@example.com');
  await write('ir.mail_server', 1, { smtp_port: 9 });
  const unreachable = await open.mails.postMessage(order.id, [bob]);
  expect(await open.mails.notificationsOf(unreachable.id)).toMatchObject([
    { notification_status: 'exception', failure_type: 'mail_smtp' },
  ]);
});

test('Retry puts a failed mail back into the queue, from which it leaves once', async () => {
  const order = await open.mails.createOrder(ann);
  open.sink.setRefusal('bob@example.com', { code: 451, text: 'Later' });
  const message = await open.mails.postMessage(order.id, [bob]);
  open.sink.setRefusal('bob@example.com');
  const [{ id } = { id: 0 }] = await open.mails.mailsOf(message.id);
  await open.admin.call({ model: 'mail.mail', method: 'mark_outgoing', ids: [id] });
  await send(id);
  await send(id);
  expect(open.sink.mails).toHaveLength(1);
  expect(await open.mails.notificationsOf(message.id)).toMatchObject([
    { notification_status: 'sent', failure_type: false },
  ]);
});
