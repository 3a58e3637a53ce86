import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signWebhook } from '../../../demo/stand-in-sweego.ts';
import { sweegoReplyBody } from '../../../demo/sweego-reply.ts';
import {
  addressIn,
  incomingOn,
  mailedOrder,
  personalReply,
  runCommand,
  sendReply,
  waitUntilEnded,
} from '../../support/mails/reply-journey.ts';
import { aliasDomain, eventually, openBridgedOdoo } from '../../support/odoo/bridged-odoo.ts';
import type { BridgedOdoo } from '../../support/odoo/bridged-odoo.ts';

const shop = 'shop@elsewhere.example.com';
const secretOf = (name: string) => Buffer.from(name.repeat(6)).toString('base64');
const second = { outbound: secretOf('second! '), inbound: secretOf('second?!'), domain: 'reply.example.org' };

let bridged: BridgedOdoo;
let otherCompany: number;
let secondServer: number;
let leads: string;

beforeAll(async () => {
  bridged = await openBridgedOdoo();
  const { create, call, search } = bridged;
  await call('res.partner', 'write', [[3], { email: 'admin@example.com' }]);
  otherCompany = await create('res.company', {
    name: 'Second company',
    alias_domain_id: await create('mail.alias.domain', { name: second.domain }),
  });
  await call('res.users', 'write', [[2], { company_ids: [[4, otherCompany, 0]] }]);
  secondServer = await create('ir.mail_server', {
    name: 'Second',
    smtp_host: '127.0.0.1',
    smtp_port: bridged.sink.port,
    from_filter: 'second.example.org',
    x_sweego_enabled: true,
    x_sweego_outbound_webhook_secret: second.outbound,
    x_sweego_inbound_webhook_secret: second.inbound,
    x_sweego_show_auto_replies: true,
  });
  const [model] = await search('ir.model', [['model', '=', 'crm.lead']], ['id']);
  const [domain] = await search('mail.alias.domain', [['name', '=', aliasDomain]], ['id']);
  await create('mail.alias', {
    alias_name: 'hello',
    alias_domain_id: domain?.id,
    alias_model_id: model?.id,
    alias_defaults: "{'type': 'lead'}",
  });
  leads = `hello@${aliasDomain}`;
  await bridged.restart();
});
afterAll(async () => {
  await bridged.close();
});

/** A reply that Sweego received for the second server's webhook. */
async function sendToSecond(reply: Parameters<typeof sweegoReplyBody>[0]) {
  const webhook = signWebhook(sweegoReplyBody(reply, new Date()), second.inbound, new Date());
  expect((await bridged.sweego.sendInbound(webhook)).status).toBe(200);
  return waitUntilEnded(bridged, webhook.headers['webhook-id'] ?? '');
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a customer’s reply', () => {
  it('appears in the order’s chatter with author, text, inline image and file, byte for byte', async () => {
    const order = await mailedOrder(bridged, 'ada@example.com');
    const files = { 'plan.csv': Buffer.from('﻿prix;été\r\n', 'utf16le'), 'image001.png': randomBytes(2_000) };
    const attachments = Object.entries(files).map(([name, bytes]) => ({
      uuid: bridged.sweego.api.addAttachment(bytes),
      name,
      content_type: name.endsWith('png') ? 'image/png' : 'text/csv',
      size: bytes.length,
    }));
    const html = '<p>Très bien 😀 <img src="cid:image001.png@01DA"></p>';
    const reply = personalReply({
      from: 'Ada@example.com',
      to: [order.replyTo],
      subject: 'Re: bien',
      html,
      attachments,
    });
    const entry = await sendReply(bridged, reply);
    expect(entry.reason).toBe(`injected: sale.order,${order.id} by reply token (certain)`);
    const [message, ...more] = await incomingOn(bridged, 'sale.order', order.id);
    expect(more).toEqual([]);
    expect(message).toMatchObject({ author_id: [order.partner, expect.any(String)], subject: 'Re: bien' });
    expect(message?.['body']).toContain('Très bien 😀');
    expect(message?.['body']).toMatch(/<img[^>]+src="\/web\/image\/\d+/);
    const found = await bridged.search(
      'ir.attachment',
      [['id', 'in', message?.['attachment_ids']]],
      ['name', 'datas'],
    );
    const hashes = found.map(({ name, datas }) => [name, sha256(Buffer.from(String(datas), 'base64'))]);
    expect(Object.fromEntries(hashes)).toEqual(
      Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)])),
    );
    expect(
      bridged.sink.mails.some(
        ({ recipient, subject }) => recipient === 'ada@example.com' && subject.includes('Re: bien'),
      ),
    ).toBe(false);
  });

  it('reaches its order by the id that Sweego put on the mail, when its token is lost', async () => {
    const order = await mailedOrder(bridged, 'bea@example.com');
    await bridged.sweego.sendEvent({ type: 'delivered', mail: order.mail, at: new Date() });
    const [event] = await eventually(
      () => bridged.search('x_sweego_event', [['x_recipient', '=', 'bea@example.com']], ['x_wire_id']),
      (rows) => rows.length > 0,
    );
    const headers = { 'in-reply-to': event?.['x_wire_id'] };
    const entry = await sendReply(
      bridged,
      personalReply({ from: 'bea@example.com', to: [`reply@${aliasDomain}`], subject: 'Re: mine', headers }),
    );
    expect(entry.reason).toBe(`injected: sale.order,${order.id} by In-Reply-To on the wire (high)`);
    expect(await incomingOn(bridged, 'sale.order', order.id)).toHaveLength(1);
  });

  it('makes a lead when it goes to the alias', async () => {
    const entry = await sendReply(
      bridged,
      personalReply({ from: 'cleo@example.com', to: [leads], subject: 'New here' }),
    );
    const [lead] = await bridged.search('crm.lead', [['email_from', 'ilike', 'cleo@example.com']], ['name']);
    expect(lead?.['name']).toBe('New here');
    expect(entry.reason).toBe(`injected: crm.lead,${lead?.id} by alias (certain)`);
  });

  it('to a deleted document is parked and raises an activity in Odoo, and makes no record', async () => {
    const order = await mailedOrder(bridged, 'dora@example.com');
    await bridged.call('sale.order', 'unlink', [[order.id]]);
    const count = () => bridged.call('sale.order', 'search_count', [[]]);
    const before = await count();
    const reply = personalReply({ from: 'dora@example.com', to: [order.replyTo], subject: 'Where is it?' });
    const entry = await sendReply(bridged, reply);
    expect(entry).toMatchObject({ state: 'parked' });
    expect(entry.reason).toMatch(/^REPLY_DOCUMENT_GONE: /);
    expect(await count()).toBe(before);
    const activities = await bridged.search('mail.activity', [['summary', 'like', 'Where is it?']], ['note']);
    expect(activities).toHaveLength(1);
    expect(activities[0]?.['note']).toContain('dora@example.com');
  });

  it('that was parked is posted where the operator requests, and its activity closes', async () => {
    const order = await mailedOrder(bridged, 'eva@example.com');
    const parked = await sendReply(
      bridged,
      personalReply({ from: 'eva@example.com', to: [shop], subject: 'No clue' }),
    );
    expect(parked.reason).toMatch(/^REPLY_UNPLACED: /);
    const activities = () => bridged.search('mail.activity', [['summary', 'like', 'No clue']], ['note']);
    expect(await activities()).toHaveLength(1);
    await runCommand(bridged, ['inbox', 'replay', String(parked.id), '--to', `sale.order,${order.id}`]);
    const entry = await waitUntilEnded(bridged, parked.requestKey);
    expect(entry.reason).toBe(`injected: sale.order,${order.id} by operator (certain)`);
    expect(await incomingOn(bridged, 'sale.order', order.id)).toHaveLength(1);
    expect(await activities()).toEqual([]);
  });
});

describe('an employee', () => {
  const employee = 'admin@example.com';

  it('who answers an internal note writes a note that is not mailed to the customer', async () => {
    const order = await mailedOrder(bridged, 'finn@example.com');
    await bridged.call('sale.order', 'message_subscribe', [[order.id]], { partner_ids: [order.partner] });
    const posted = await bridged.post(order.id, [], { body: 'Among us', subtype_xmlid: 'mail.mt_note' });
    const [note] = await bridged.search('mail.message', [['id', '=', posted]], ['message_id']);
    const headers = { 'in-reply-to': note?.['message_id'] };
    const reply = personalReply({ from: employee, to: [order.replyTo], subject: 'Secret margin', headers });
    expect((await sendReply(bridged, reply)).state).toBe('settled');
    const [message] = await incomingOn(bridged, 'sale.order', order.id);
    expect(message?.['subtype_id']).toMatchObject([expect.any(Number), 'Note']);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(bridged.sink.mails.filter(({ subject }) => subject.includes('Secret margin'))).toEqual([]);
  });

  it('whose answer may belong to a note is parked, and posts a note without a mail when an operator replays it', async () => {
    const order = await mailedOrder(bridged, 'gina@example.com');
    await bridged.call('sale.order', 'message_subscribe', [[order.id]], { partner_ids: [order.partner] });
    await bridged.post(order.id, [], { body: 'Among us', subtype_xmlid: 'mail.mt_note' });
    const reply = personalReply({ from: employee, to: [order.replyTo], subject: 'Secret doubt' });
    const parked = await sendReply(bridged, reply);
    expect(parked.reason).toMatch(/^REPLY_NOTE_UNCERTAIN: /);
    await runCommand(bridged, ['inbox', 'replay', String(parked.id), '--to', `sale.order,${order.id}`]);
    await waitUntilEnded(bridged, parked.requestKey);
    const [message] = await incomingOn(bridged, 'sale.order', order.id);
    expect(message?.['subtype_id']).toMatchObject([expect.any(Number), 'Note']);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(bridged.sink.mails.filter(({ subject }) => subject.includes('Secret doubt'))).toEqual([]);
  });
});

describe('a second company with an alias domain and a server of its own', () => {
  it('gets its replies through its own webhook secret and token', async () => {
    const { create, sweego } = bridged;
    const partner = await create('res.partner', { name: 'Hugo', email: 'hugo@example.com' });
    const order = await create('crm.lead', {
      name: 'Second’s',
      type: 'opportunity',
      company_id: otherCompany,
    });
    await bridged.call('crm.lead', 'message_post', [[order]], {
      body: 'Hello',
      message_type: 'comment',
      subtype_xmlid: 'mail.mt_comment',
      partner_ids: [partner],
      email_from: 'Sales <sales@second.example.org>',
    });
    const mail = await sweego.waitForMail(({ recipient }) => recipient === 'hugo@example.com');
    const replyTo = addressIn(mail.headers['reply-to']);
    expect(replyTo).toMatch(new RegExp(`@${second.domain}$`));
    const reply = personalReply({ from: 'hugo@example.com', to: [replyTo], subject: 'Re: yours' });
    const entry = await sendToSecond(reply);
    expect(entry.secretId).toBe(`server:${secondServer}:inbound`);
    expect(entry.reason).toBe(`injected: crm.lead,${order} by reply token (certain)`);
    expect(await incomingOn(bridged, 'crm.lead', order)).toHaveLength(1);
  });

  it('shows automatic replies because its server requests it, while the first company ignores them', async () => {
    const order = await mailedOrder(bridged, 'ida@example.com');
    const absence = {
      from: { email: 'ida@example.com', name: 'Ida' },
      to: [order.replyTo],
      subject: 'Absence du bureau',
      text: 'Back on Monday',
      headers: { 'auto-submitted': 'auto-replied' },
    };
    expect((await sendReply(bridged, absence)).reason).toBe(
      'ignored: automatic: auto-submitted: auto-replied',
    );
    expect(await incomingOn(bridged, 'sale.order', order.id)).toEqual([]);
    expect((await sendToSecond(absence)).state).toBe('settled');
    expect(await incomingOn(bridged, 'sale.order', order.id)).toHaveLength(1);
  });

  it('can send an invoice through Sweego to an alias of the first company, and only a real loop is ignored', async () => {
    const loopHeaders = { 'x-zone-loop': 'swg', 'x-mailer': 'Sweego' };
    const invoice = {
      ...personalReply({ from: 'sales@second.example.org', to: [leads], subject: 'Invoice 7' }),
      headers: loopHeaders,
    };
    expect((await sendReply(bridged, invoice)).reason).toMatch(/^injected: crm\.lead,\d+ by alias/);
    const loop = await sendReply(bridged, { ...invoice, to: [shop] });
    expect(loop.reason).toMatch(/^ignored: loop: /);
  });
});

describe('the same webhook', () => {
  it('makes one message when it arrives twenty times at once', async () => {
    const order = await mailedOrder(bridged, 'jan@example.com');
    const reply = personalReply({ from: 'jan@example.com', to: [order.replyTo], subject: 'Once' });
    const webhook = bridged.sweego.createReply(reply, new Date());
    const answers = await Promise.all(Array.from({ length: 20 }, () => bridged.sweego.sendInbound(webhook)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await eventually(
      () => incomingOn(bridged, 'sale.order', order.id),
      (found) => found.length > 0,
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await incomingOn(bridged, 'sale.order', order.id)).toHaveLength(1);
  });
});

it('the log lines of all these replies hold no address, subject or text', () => {
  const logs = bridged.bridge.logs();
  expect(logs).toContain('reply is in Odoo');
  expect(logs).not.toMatch(/[\w.+-]+@[\w-]+\.[\w.]+/);
  expect(logs).not.toMatch(/secret margin|très bien|thank you|monday|No clue/i);
});
