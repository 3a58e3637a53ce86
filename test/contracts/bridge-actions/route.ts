import { beforeAll, describe, expect, test } from 'vitest';
import type { RouteQuestion } from '../../../src/odoo/reply-route.ts';
import { eventValues } from '../../../src/rules/delivery/event-values.ts';
import { changeOf, contractAlias, contractDomain } from './world.ts';
import type { ActionsWorld } from './world.ts';

const nothing: RouteQuestion = { addresses: [], messageIds: [], documents: [], senders: [] };
const ann = 'ann@customer.example.com';

/** What route tells of a mail's addresses, references, documents and senders. */
export function describeRoute(opened: () => ActionsWorld): void {
  describe('where a reply could belong', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const route = (question: Partial<RouteQuestion>) => world.actions.route({ ...nothing, ...question });
    const postNote = async (orderId: number, partner: number): Promise<number> => {
      const [id] = (await world.call('sale.order', 'message_post', [orderId], {
        body: 'For colleagues only.',
        message_type: 'comment',
        subtype_xmlid: 'mail.mt_note',
        partner_ids: [partner],
      })) as [number];
      return id;
    };

    test('finds the document of a message by Odoo’s Message-Id, and says whether it is still there', async () => {
      const kept = await world.send([world.ann]);
      const noted = await postNote(kept.orderId, world.bob);
      const [row] = (await world.call('mail.message', 'read', [noted], { fields: ['message_id'] })) as [
        { message_id: string },
      ];
      const answer = await route({ messageIds: [row.message_id, kept.messageId, '<nobody@example.com>'] });
      expect(answer.messages).toEqual([
        {
          id: kept.id,
          message_id: kept.messageId,
          model: 'sale.order',
          res_id: kept.orderId,
          is_there: true,
        },
        expect.objectContaining({ id: noted }),
      ]);
      expect(answer.wire_ids).toEqual([]);
    });

    test('finds it by the Message-Id that Sweego put on the mail', async () => {
      const message = await world.send([world.ann]);
      const event = {
        recipient: ann,
        type: 'email_sent',
        at: new Date('2026-11-01T10:20:30Z'),
        swg_uid: '01-route',
        event_id: null,
        transaction_id: null,
        wire_id: '<route.wire@sweego.example.com>',
        permanence: null,
        failure_type: null,
        reason: null,
        smtp_line: null,
      };
      await world.actions.apply([
        {
          ...changeOf(await world.readOne(message)),
          event_creates: [eventValues(message.messageId, event, 0)],
        },
      ]);
      const answer = await route({ messageIds: [event.wire_id] });
      expect(answer.wire_ids).toEqual([{ wire_id: event.wire_id, message_id: message.messageId }]);
      expect(answer.messages).toMatchObject([{ id: message.id, res_id: message.orderId }]);
    });

    test('knows aliases, catchall and bounce addresses from other people’s', async () => {
      const { recipients } = await route({
        addresses: [
          ann,
          contractAlias,
          `catchall@${contractDomain}`,
          `bounce@${contractDomain}`,
          'incoming@elsewhere.example.com',
        ],
      });
      expect(recipients).toEqual([
        { address: contractAlias, kind: 'alias', model: 'res.partner', thread_id: null },
        { address: `catchall@${contractDomain}`, kind: 'catchall', model: null, thread_id: null },
        { address: `bounce@${contractDomain}`, kind: 'bounce', model: null, thread_id: null },
      ]);
    });

    test('tells which documents exist, by model name and by the number of a short token', async () => {
      const order = await world.mails.createOrder(world.ann);
      const removed = await world.mails.createOrder(world.ann);
      await world.call('sale.order', 'unlink', [removed.id]);
      const [model] = (await world.call('ir.model', 'search', undefined, {
        domain: [['model', '=', 'sale.order']],
      })) as [number];
      const { documents } = await route({
        documents: [
          { model, id: order.id },
          { model: 'sale.order', id: removed.id },
          { model: 'ir.mail_server', id: world.serverId },
          { model: 'no.such.model', id: 1 },
          { model: 2_000_000_000, id: 1 },
          { model: 'sale.order', id: 2 ** 40 },
          { model: 'sale.order', id: order.id },
        ],
      });
      expect(documents.map(({ model, is_there }) => [model, is_there])).toEqual([
        ['sale.order', true],
        ['sale.order', false],
        ['ir.mail_server', false],
        ['no.such.model', false],
        [null, false],
        ['sale.order', false],
        ['sale.order', true],
      ]);
    });

    test('an archived document is there', async () => {
      const partner = await world.create('res.partner', { name: 'Archived', active: false });
      const { documents } = await route({ documents: [{ model: 'res.partner', id: partner }] });
      expect(documents).toMatchObject([{ is_there: true }]);
    });

    test('names the newest message of the document that the sender got, not a newer one of others', async () => {
      const message = await world.send([world.ann]);
      const noted = await postNote(message.orderId, world.bob);
      const document = { model: 'sale.order', id: message.orderId };
      const newest = async (sender: string) =>
        (await route({ documents: [document], senders: [sender] })).documents[0]?.newest_mailed;
      expect(await newest(ann)).toMatchObject({ id: message.id });
      expect(await newest('bob@customer.example.com')).toMatchObject({ id: noted });
      expect(await newest('nobody@example.com')).toBeNull();
    });

    test('names the newest internal note of the document, whoever got it', async () => {
      const message = await world.send([world.ann]);
      const noted = await postNote(message.orderId, world.bob);
      const documents = [{ model: 'sale.order', id: message.orderId }];
      const note = async () => (await route({ documents })).documents[0]?.newest_note;
      expect(await note()).toMatchObject({ id: noted, res_id: message.orderId });
      await world.mails.postMessage(message.orderId, [world.ann]);
      expect(await note()).toMatchObject({ id: noted });
    });

    test('tells employees from customers', async () => {
      const user = await world.create('res.users', {
        name: 'Erin Example',
        login: 'erin@contract.example.com',
        email: 'Erin@contract.example.com',
        partner_id: await world.mails.createContact('Erin Example', 'Erin@contract.example.com'),
      });
      const senders = [ann, 'erin@contract.example.com'];
      expect((await route({ senders })).internal_senders).toEqual(['erin@contract.example.com']);
      await world.call('res.users', 'write', [user], { vals: { active: false } });
      expect((await route({ senders })).internal_senders).toEqual([]);
    });

    test('refuses more than it can look up at once', async () => {
      const messageIds = Array.from({ length: 201 }, (_, index) => `<${index}@example.com>`);
      await expect(route({ messageIds })).rejects.toMatchObject({ code: 'ODOO_USER_ERROR', scope: 'entry' });
      expect((await route({ messageIds: messageIds.slice(1) })).messages).toEqual([]);
    });
  });
}
