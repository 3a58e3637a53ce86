import { beforeAll, describe, expect, test } from 'vitest';
import type { RouteQuestion } from '../../../src/odoo/reply-route.ts';
import { eventValues } from '../../../src/rules/delivery/event-values.ts';
import { changeOf, contractAlias, contractDomain } from './world.ts';
import type { ActionsWorld } from './world.ts';

const emptyQuestion: RouteQuestion = { addresses: [], messageIds: [], documents: [], senders: [] };
const ann = 'ann@customer.example.com';

/** What `route` returns for the addresses, references, documents and senders of a mail. */
export function describeRoute(opened: () => ActionsWorld): void {
  describe('routing a reply', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const route = (question: Partial<RouteQuestion>) =>
      world.actions.route({ ...emptyQuestion, ...question });
    const postNote = async (orderId: number, partner: number): Promise<number> => {
      const [id] = (await world.call('sale.order', 'message_post', [orderId], {
        body: 'For colleagues only.',
        message_type: 'comment',
        subtype_xmlid: 'mail.mt_note',
        partner_ids: [partner],
      })) as [number];
      return id;
    };

    test('finds the document of a message by Odoo’s Message-Id, and reports whether it still exists', async () => {
      const kept = await world.send([world.ann]);
      const noteId = await postNote(kept.orderId, world.bob);
      const [row] = (await world.call('mail.message', 'read', [noteId], { fields: ['message_id'] })) as [
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
        expect.objectContaining({ id: noteId }),
      ]);
      expect(answer.wire_ids).toEqual([]);
    });

    test('finds the document by the Message-Id that Sweego put on the mail', async () => {
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

    test('recognises aliases, catchall and bounce addresses, and leaves out all other addresses', async () => {
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

    test('reports which documents exist, by model name and by the model id of a short token', async () => {
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

    test('reports that an archived document exists', async () => {
      const partner = await world.create('res.partner', { name: 'Archived', active: false });
      const { documents } = await route({ documents: [{ model: 'res.partner', id: partner }] });
      expect(documents).toMatchObject([{ is_there: true }]);
    });

    test('returns the newest message of the document that the sender received, not a newer one to others', async () => {
      const message = await world.send([world.ann]);
      const noteId = await postNote(message.orderId, world.bob);
      const document = { model: 'sale.order', id: message.orderId };
      const newest = async (sender: string) =>
        (await route({ documents: [document], senders: [sender] })).documents[0]?.newest_mailed;
      expect(await newest(ann)).toMatchObject({ id: message.id });
      expect(await newest('bob@customer.example.com')).toMatchObject({ id: noteId });
      expect(await newest('nobody@example.com')).toBeNull();
    });

    test('returns the newest internal note of the document, whoever received it', async () => {
      const message = await world.send([world.ann]);
      const noteId = await postNote(message.orderId, world.bob);
      const documents = [{ model: 'sale.order', id: message.orderId }];
      const note = async () => (await route({ documents })).documents[0]?.newest_note;
      expect(await note()).toMatchObject({ id: noteId, res_id: message.orderId });
      await world.mails.postMessage(message.orderId, [world.ann]);
      expect(await note()).toMatchObject({ id: noteId });
    });

    test('distinguishes employees from customers', async () => {
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

    test('refuses a question with more than 200 Message-Ids', async () => {
      const messageIds = Array.from({ length: 201 }, (_, index) => `<${index}@example.com>`);
      await expect(route({ messageIds })).rejects.toMatchObject({ code: 'ODOO_USER_ERROR', scope: 'entry' });
      expect((await route({ messageIds: messageIds.slice(1) })).messages).toEqual([]);
    });
  });
}
