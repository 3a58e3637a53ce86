import { describe, expect, it } from 'vitest';
import { openReplyBridge } from '../../support/bridge/reply-bridge.ts';
import type { ReplyBridge } from '../../support/bridge/reply-bridge.ts';
import {
  annAddress,
  mailedOrder,
  noteOn,
  replyAddress,
  replyOf,
} from '../../support/mails/reply-documents.ts';
import { readBack } from '../../support/mails/reply-sources.ts';

/** An alias that creates contacts. */
async function createAlias({ create, read }: ReplyBridge, name: string): Promise<string> {
  const domainId = await create('mail.alias.domain', { name: 'in.example.com' });
  const [model] = await read('ir.model', [['model', '=', 'res.partner']], ['id']);
  await create('mail.alias', { alias_name: name, alias_domain_id: domainId, alias_model_id: model?.id });
  return `${name}@in.example.com`;
}

describe('a reply with the token of a document', () => {
  it('is posted there with its author, and does not contain our reply addresses', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const reply = replyOf({ to: [replyAddress(order.id)], cc: ['carl@example.com'] });
    const entry = await bridge.bring(reply);
    expect(entry).toMatchObject({
      state: 'settled',
      reason: `injected: sale.order,${order.id} by reply token (certain)`,
    });
    expect(await bridge.posted()).toMatchObject([
      { model: 'sale.order', res_id: order.id, author_id: [order.ann, expect.any(String)] },
    ]);
    const mail = await readBack(bridge.deliveries[0]?.message ?? '');
    expect(mail.headers.get('to')).toMatchObject({ text: expect.stringContaining(annAddress) as string });
    expect(bridge.deliveries[0]?.message).not.toContain('reply+');
    expect(mail.inReplyTo).toBe(order.messageId);
    expect(mail.text?.trim()).toBe('Thank you!');
  });

  it.each([
    ['in the second To', (address: string) => ({ to: ['shop@elsewhere.example.com', address] })],
    ['in Cc', (address: string) => ({ cc: [address] })],
    ['in upper case', (address: string) => ({ to: [address.toUpperCase()] })],
    ['with an encoded plus', (address: string) => ({ to: [address.replace('+', '%2B')] })],
  ])('is found %s', async (_where, change) => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    await bridge.bring(replyOf(change(replyAddress(order.id))));
    expect(await bridge.posted()).toMatchObject([{ model: 'sale.order', res_id: order.id }]);
  });

  it('is found when only Sweego’s log has the recipient', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    bridge.api.setLog('04-hidden', { status: 'received', inbound_recipient: replyAddress(order.id) });
    const entry = await bridge.bring(replyOf({ swgUid: '04-hidden' }));
    expect(entry.reason).toBe(`injected: sale.order,${order.id} by reply token (certain)`);
    expect(bridge.api.requests).toEqual(['GET /logs/04-hidden']);
  });

  it('is accepted when the token was signed with a secret of the environment', async () => {
    const secret = Buffer.alloc(48, 'environment').toString('base64');
    const bridge = await openReplyBridge({ outboundSecrets: [secret] });
    const order = await mailedOrder(bridge);
    await bridge.bring(replyOf({ to: [replyAddress(order.id, 'sale.order', secret)] }));
    expect(await bridge.posted()).toMatchObject([{ res_id: order.id }]);
  });

  it('is posted once on each of two documents, even when it is processed again', async () => {
    const bridge = await openReplyBridge();
    const [one, other] = [await mailedOrder(bridge), await mailedOrder(bridge)];
    const entry = await bridge.bring(replyOf({ to: [replyAddress(one.id)], cc: [replyAddress(other.id)] }));
    expect(entry.reason).toBe(
      `injected: sale.order,${one.id} and sale.order,${other.id} by reply token (certain)`,
    );
    const again = await bridge.replay(entry.id);
    expect(again.reason).toBe(`${entry.reason}, was there already`);
    expect((await bridge.posted()).map((row) => row['res_id'])).toEqual([one.id, other.id]);
  });

  it('is placed by its references when the token is damaged, which is logged', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const damaged = replyAddress(order.id).replace(/\.[0-9a-f]{8}@/, '.00000000@');
    const entry = await bridge.bring(replyOf({ to: [damaged], headers: { 'in-reply-to': order.messageId } }));
    expect(entry.reason).toBe(`injected: sale.order,${order.id} by In-Reply-To (high)`);
    expect(bridge.logged('invalid inbound token signature')).toMatchObject([
      { level: 'warn', entry: entry.id },
    ]);
  });

  it('follows the token when the references name another document, and the contradiction is logged', async () => {
    const bridge = await openReplyBridge();
    const [meant, other] = [await mailedOrder(bridge), await mailedOrder(bridge)];
    const entry = await bridge.bring(
      replyOf({ to: [replyAddress(meant.id)], headers: { 'x-mailer': 'x', 'in-reply-to': other.messageId } }),
    );
    expect((await bridge.posted()).map((row) => row['res_id'])).toEqual([meant.id]);
    expect(entry.reason).toContain(`In-Reply-To names sale.order,${other.id}; the token counts`);
    expect(bridge.logged('clues of a reply contradict each other')).toHaveLength(1);
  });

  it('is parked with an activity in Odoo when the document was deleted, and creates no record', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    await bridge.odoo.admin.call({ model: 'sale.order', method: 'unlink', ids: [order.id] });
    const entry = await bridge.bring(replyOf({ to: [replyAddress(order.id)], subject: 'Still waiting' }));
    expect(entry.state).toBe('parked');
    expect(entry.reason).toMatch(/^REPLY_DOCUMENT_GONE: /);
    expect(await bridge.posted()).toEqual([]);
    expect(await bridge.read('sale.order', [], ['id'])).toEqual([]);
    const [activity] = await bridge.activities();
    expect(activity?.['summary']).toContain('Still waiting');
    expect(activity?.['note']).toContain(annAddress);
  });
});

describe('a reply without a token', () => {
  it('is placed by the Message-Id that it answers, or by an ancestor', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const direct = await bridge.bring(
      replyOf({ headers: { 'x-mailer': 'x', 'in-reply-to': order.messageId } }),
    );
    const references = `${order.messageId} <unknown@example.com>`;
    const late = await bridge.bring(replyOf({ headers: { 'x-mailer': 'x', references } }));
    expect(direct.reason).toBe(`injected: sale.order,${order.id} by In-Reply-To (high)`);
    expect(late.reason).toBe(`injected: sale.order,${order.id} by References (medium)`);
  });

  it('is placed by the id that Sweego put on the mail', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const wireId = '<0100018c@mail.sweego.example.com>';
    bridge.odoo.standIn.inside.records.create('x_sweego_event', {
      x_message_id: order.messageId,
      x_wire_id: wireId,
      x_recipient: annAddress,
      x_type: 'delivered',
    });
    const entry = await bridge.bring(replyOf({ headers: { 'x-mailer': 'x', 'in-reply-to': wireId } }));
    expect(entry.reason).toBe(`injected: sale.order,${order.id} by In-Reply-To on the wire (high)`);
    expect((await readBack(bridge.deliveries[0]?.message ?? '')).inReplyTo).toBe(order.messageId);
  });

  it('is posted to the alias that it is addressed to', async () => {
    const bridge = await openReplyBridge();
    const alias = await createAlias(bridge, 'incoming');
    const entry = await bridge.bring(replyOf({ to: [alias], subject: 'A new contact' }));
    const [made] = await bridge.read('res.partner', [['name', '=', 'A new contact']], ['id']);
    expect(entry.reason).toBe(`injected: res.partner,${made?.id} by alias (certain)`);
  });

  it('is parked with an activity in Odoo, and kept, when nothing names a place', async () => {
    const bridge = await openReplyBridge();
    const entry = await bridge.bring(replyOf({ subject: 'A <b>bold</b> question' }));
    expect(entry).toMatchObject({ state: 'parked' });
    expect(entry.reason).toMatch(/^REPLY_UNPLACED: /);
    const [activity] = await bridge.activities();
    expect(activity?.['summary']).toBe('A reply could not be placed: A <b>bold</b> question');
    expect(activity?.['note']).toContain('A &lt;b&gt;bold&lt;/b&gt; question');
    expect(activity?.['note']).toContain(`inbox replay ${entry.id} --to`);
  });
});

describe('an employee’s answer', () => {
  const employee = { from: { email: 'admin@example.com', name: 'Administrator' } };

  it('to an internal note remains a note', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const note = await noteOn(bridge, order.id);
    const to = [replyAddress(order.id)];
    await bridge.bring(replyOf({ ...employee, to, headers: { 'x-mailer': 'x', 'in-reply-to': note } }));
    const [message] = await bridge.posted();
    expect(message?.['subtype_id']).toMatchObject([expect.any(Number), 'note']);
  });

  it('is parked when its parent is unknown, and becomes a note when an operator names the document', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const note = await noteOn(bridge, order.id);
    const entry = await bridge.bring(replyOf({ ...employee, to: [replyAddress(order.id)] }));
    expect(entry.reason).toMatch(/^REPLY_NOTE_UNCERTAIN: /);
    expect(await bridge.posted()).toEqual([]);
    const placed = await bridge.replay(entry.id, `sale.order,${order.id}`);
    expect(placed.reason).toBe(`injected: sale.order,${order.id} by operator (certain)`);
    expect((await readBack(bridge.deliveries[0]?.message ?? '')).inReplyTo).toBe(note);
    expect((await bridge.posted())[0]?.['subtype_id']).toMatchObject([expect.any(Number), 'note']);
  });

  it('is posted as public when the document that an operator names has no notes', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const entry = await bridge.bring(replyOf({ ...employee, to: [replyAddress(order.id)] }));
    await bridge.replay(entry.id, `sale.order,${order.id}`);
    expect((await bridge.posted())[0]?.['subtype_id']).toMatchObject([expect.any(Number), 'comment']);
  });

  it('is placed without an operator when Sweego’s log has the mail that it answers', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const note = await noteOn(bridge, order.id);
    bridge.api.setLog('04-note', { status: 'received', headers: { 'In-Reply-To': note } });
    const to = [replyAddress(order.id)];
    await bridge.bring(replyOf({ ...employee, to, swgUid: '04-note' }));
    expect((await bridge.posted())[0]?.['subtype_id']).toMatchObject([expect.any(Number), 'note']);
  });
});

describe('a machine’s mail', () => {
  const automatic = { headers: { 'auto-submitted': 'auto-replied' } };

  it('is ignored with a reason, and shown in its thread when the server’s option asks for that', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const [server] = await bridge.read('ir.mail_server', [], ['id']);
    const other = await bridge.create('ir.mail_server', {
      name: 'Other',
      x_sweego_enabled: true,
      x_sweego_show_auto_replies: true,
    });
    const reply = () => replyOf({ to: [replyAddress(order.id)], ...automatic });
    const hidden = await bridge.bring(reply(), { secretId: `server:${server?.id}:inbound` });
    expect(hidden).toMatchObject({
      state: 'settled',
      reason: 'ignored: automatic: auto-submitted: auto-replied',
    });
    expect(await bridge.posted()).toEqual([]);
    await bridge.bring(reply(), { secretId: `server:${other}:inbound` });
    expect(await bridge.posted()).toMatchObject([{ res_id: order.id }]);
    expect(bridge.deliveries[0]?.message).toMatch(/^Auto-Submitted: auto-replied\r$/m);
    const lost = await bridge.bring(replyOf(automatic), { secretId: `server:${other}:inbound` });
    expect(lost.state).toBe('parked');
  });

  it('is recognised by Sweego’s log, which is read once, when the webhook has no headers', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    bridge.api.setLog('04-auto', { status: 'received', headers: { 'Auto-Submitted': 'auto-replied' } });
    const reply = replyOf({ to: [replyAddress(order.id)], swgUid: '04-auto' });
    const entry = await bridge.bring({ ...reply, headers: {} });
    expect(entry.reason).toBe('ignored: automatic: auto-submitted: auto-replied');
    expect(bridge.api.requests).toEqual(['GET /logs/04-auto']);
  });

  it.each([
    ['the log cannot answer', {}, 1],
    ['no API key is known', { apiKey: undefined }, 0],
  ])(
    'is suspected by its subject when %s, and continues when an operator replays it',
    async (_, sweego, calls) => {
      const bridge = await openReplyBridge({ sweego });
      const order = await mailedOrder(bridge);
      bridge.api.failNext(503, 503);
      const reply = replyOf({ to: [replyAddress(order.id)], subject: 'Out of office', headers: {} });
      const entry = await bridge.bring(reply);
      expect(entry.reason).toMatch(/^REPLY_SUSPECT: /);
      expect(bridge.api.requests).toHaveLength(calls);
      await bridge.replay(entry.id);
      expect(await bridge.posted()).toMatchObject([{ res_id: order.id }]);
      expect(await bridge.activities()).toEqual([]);
    },
  );

  it('counts as a person’s mail when Sweego refuses the key, which is logged', async () => {
    const bridge = await openReplyBridge({ sweego: { apiKey: 'withdrawn' } });
    const order = await mailedOrder(bridge);
    await bridge.bring({ ...replyOf({ to: [replyAddress(order.id)] }), headers: {} });
    expect(await bridge.posted()).toHaveLength(1);
    expect(bridge.logged('Sweego API cannot be used for a reply')).toMatchObject([
      { level: 'error', code: 'SWEEGO_API_KEY_REFUSED' },
    ]);
  });
});

describe('a mail that was sent through Sweego', () => {
  const loopHeaders = { 'x-zone-loop': '1', 'x-mailer': 'Sweego' };

  it('is a loop when it comes back without a place, and is ignored with a reason', async () => {
    const bridge = await openReplyBridge();
    const entry = await bridge.bring(replyOf({ headers: loopHeaders }));
    expect(entry).toMatchObject({ state: 'settled' });
    expect(entry.reason).toMatch(/^ignored: loop: it has x-zone-loop/);
    expect(await bridge.activities()).toEqual([]);
  });

  it('is a loop when its Message-Id belongs to this Odoo', async () => {
    const bridge = await openReplyBridge();
    const order = await mailedOrder(bridge);
    const entry = await bridge.bring(replyOf({ headers: { 'x-message-id': order.messageId } }));
    expect(entry.reason).toBe('ignored: loop: it is a mail of this Odoo that came back');
  });

  it('is no loop when it is addressed to an alias, such as the invoice of a sister company', async () => {
    const bridge = await openReplyBridge();
    const alias = await createAlias(bridge, 'invoices');
    const entry = await bridge.bring(replyOf({ to: [alias], subject: 'Invoice 7', headers: loopHeaders }));
    expect(entry.reason).toMatch(/^injected: res\.partner,\d+ by alias/);
  });

  it('is no loop when Sweego’s log shows a hidden alias among its recipients', async () => {
    const bridge = await openReplyBridge();
    const alias = await createAlias(bridge, 'invoices');
    bridge.api.setLog('04-bcc', { status: 'received', inbound_recipient: alias });
    const entry = await bridge.bring(replyOf({ swgUid: '04-bcc', headers: loopHeaders }));
    expect(entry.reason).toMatch(/^injected: res\.partner,\d+ by alias/);
    expect(bridge.deliveries[0]?.message).toContain(`Delivered-To: <${alias}>`);
  });
});

describe('a webhook without a mail', () => {
  it('such as a test delivery is parked without an activity', async () => {
    const bridge = await openReplyBridge();
    const entry = await bridge.bring(JSON.stringify({ event_type: 'email_inbound', swg_uid: '04-1' }));
    expect(entry.reason).toMatch(/^SWEEGO_MAIL_UNREADABLE: /);
    expect(await bridge.activities()).toEqual([]);
  });
});
