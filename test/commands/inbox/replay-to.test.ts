import { describe, expect, it, onTestFinished } from 'vitest';
import { runInboxDiscard } from '../../../src/commands/inbox/discard.ts';
import { runInboxReplay } from '../../../src/commands/inbox/replay.ts';
import type { InboxReplayOptions } from '../../../src/commands/inbox/replay.ts';
import type { OdooAccess } from '../../../src/config.ts';
import { openStandIn } from '../../demo/open-stand-in.ts';
import { createOperatorInbox, eventBody, replyBody } from '../../support/inbox/operator-inbox.ts';

/** An inbox with a reply without a known document, and an Odoo with an order. */
async function openParkedReply() {
  const odoo = await openStandIn();
  onTestFinished(() => odoo.close());
  const order = await odoo.mails.createOrder(await odoo.mails.createContact('Ann', 'ann@example.com'));
  const { url, database, bridgeApiKey } = odoo.standIn;
  const access: OdooAccess = { transport: 'json2', url, database, login: undefined, secret: bridgeApiKey };
  const operator = await createOperatorInbox();
  await operator.put([replyBody('ann@example.com')], 'inbound');
  const config = { ...operator.config, odoo: access };
  const usual = { ids: [], limit: 100, dryRun: false, json: false };
  const replay = (options: Partial<InboxReplayOptions>) =>
    runInboxReplay(config, { ...usual, ...options }, operator.deps);
  const messages = () =>
    odoo.admin.call({
      model: 'mail.message',
      method: 'search_read',
      arguments: {
        domain: [['message_type', '=', 'email']],
        fields: ['model', 'res_id', 'subject'],
      },
    });
  const activities = () =>
    odoo.admin.call({
      model: 'mail.activity',
      method: 'search_read',
      arguments: { domain: [], fields: ['summary'] },
    });
  /** Lets the worker park the reply and raise its activity in Odoo. */
  const parkByWorker = async (id: number) =>
    expect(replay({ ids: [id] })).rejects.toMatchObject({ code: 'INBOX_REPLAY_UNFINISHED' });
  return { ...operator, config, usual, order, replay, parkByWorker, messages, activities, odoo };
}

describe('inbox replay --to', () => {
  it('posts a parked reply on the named document, and closes its activity', async () => {
    const { replay, parkByWorker, parkReplies, order, messages, activities, history } =
      await openParkedReply();
    const [id = 0] = await parkReplies();
    await parkByWorker(id);
    expect(await activities()).toHaveLength(1);
    await replay({ ids: [id], to: `sale.order,${order.id}` });
    expect(await messages()).toMatchObject([
      { model: 'sale.order', res_id: order.id, subject: 'A secret subject' },
    ]);
    expect(await activities()).toEqual([]);
    expect((await history(id)).slice(-3).map(({ reason }) => reason)).toEqual([
      `replayed to sale.order,${order.id}`,
      'claimed',
      `injected: sale.order,${order.id} by operator (certain)`,
    ]);
  });

  it('posts it there even if Odoo already has it elsewhere, and only once', async () => {
    const { replay, order, messages, odoo, parkReplies } = await openParkedReply();
    const other = await odoo.mails.createOrder(1);
    const [id = 0] = await parkReplies();
    for (const target of [order.id, other.id, other.id, order.id]) {
      await replay({ ids: [id], to: `sale.order,${target}` });
    }
    expect(await messages()).toMatchObject([{ res_id: order.id }, { res_id: other.id }]);
  });

  it('creates no record when the document does not exist', async () => {
    const { replay, messages, find, parkReplies } = await openParkedReply();
    const [id = 0] = await parkReplies();
    await expect(replay({ ids: [id], to: 'sale.order,4711' })).rejects.toMatchObject({
      code: 'INBOX_REPLAY_UNFINISHED',
    });
    expect(await find(id)).toMatchObject({
      state: 'parked',
      reason: expect.stringContaining('REPLY_DOCUMENT_GONE') as string,
    });
    expect(await messages()).toEqual([]);
  });

  it.each(['sale.order', 'sale.order,0', 'sale.order,23,24', 'Sale Order,23', 'sale.order,99999999999'])(
    'refuses %j, which names no document',
    async (to) => {
      const { replay, find, parkReplies } = await openParkedReply();
      const [id = 0] = await parkReplies();
      await expect(replay({ ids: [id], to })).rejects.toMatchObject({
        code: 'INBOX_OPTION_INVALID',
        message: expect.stringContaining('sale.order,23') as string,
      });
      expect(await find(id)).toMatchObject({ state: 'parked' });
    },
  );

  it('refuses filters and entries that are not replies, and changes nothing', async () => {
    const { put, park, replay, find, parkReplies } = await openParkedReply();
    const [reply = 0] = await parkReplies();
    await put([eventBody('bob@example.com')]);
    const [event = 0] = await park();
    const to = 'sale.order,23';
    await expect(replay({ ids: [reply, event], to })).rejects.toMatchObject({
      code: 'INBOX_OPTION_INVALID',
      message: expect.stringContaining(`not replies: ${event}.`) as string,
    });
    await expect(replay({ states: ['parked'], to })).rejects.toMatchObject({ code: 'INBOX_OPTION_INVALID' });
    expect(await find(reply)).toMatchObject({ state: 'parked' });
  });
});

describe('inbox discard', () => {
  it('closes the activity of a parked reply, or reports that it stays open', async () => {
    const { parkByWorker, parkReplies, activities, config, usual, deps, lines, odoo } =
      await openParkedReply();
    const [id = 0] = await parkReplies();
    await parkByWorker(id);
    await odoo.standIn.setCondition('gone');
    const discard = { ...usual, ids: [id], reason: 'an offer' };
    await runInboxDiscard(config, discard, deps);
    expect(lines.at(-1)).toContain('may stay open (ODOO_UNREACHABLE)');
    await odoo.standIn.setCondition('working');
    await parkByWorker(id);
    await runInboxDiscard(config, discard, deps);
    expect(lines.at(-1)).toBe('Their activities in Odoo are closed.');
    expect(await activities()).toEqual([]);
  });
});
