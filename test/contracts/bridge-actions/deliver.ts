import { beforeAll, describe, expect, test } from 'vitest';
import type { DeliverAnswer } from '../../../src/odoo/reply-answers.ts';
import { replyMail } from '../../support/mails/reply-mails.ts';
import type { ReplyMail } from '../../support/mails/reply-mails.ts';
import { contractAlias } from './world.ts';
import type { ActionsWorld } from './world.ts';

const customer = 'Ann Example <ann@customer.example.com>';
const shop = 'shop@elsewhere.example.com';

/** What `deliver` does with a reply. */
export function describeDeliver(opened: () => ActionsWorld): void {
  describe('posting a reply', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const deliver = (
      mail: ReplyMail,
      document: { model: string; id: number } | null = null,
    ): Promise<DeliverAnswer> => world.actions.deliver({ ...replyMail(mail), document });
    const messagesOf = (messageId: string) =>
      world.call('mail.message', 'search_read', undefined, {
        domain: [['message_id', '=', messageId]],
        fields: ['model', 'res_id', 'body', 'author_id', 'email_from', 'message_type', 'subtype_id'],
      }) as Promise<Record<string, unknown>[]>;
    const countOf = async (model: string) =>
      Number(await world.call(model, 'search_count', undefined, { domain: [] }));
    const orderOf = async (): Promise<{ model: string; id: number }> => ({
      model: 'sale.order',
      id: (await world.mails.createOrder(world.ann)).id,
    });

    test('adds it to its document once, with the sender as author', async () => {
      const document = await orderOf();
      const mail = { from: customer, to: shop, text: 'Où est le café ?', messageId: '<once@example.com>' };
      const posted = await deliver(mail, document);
      expect(posted).toMatchObject({
        result: 'posted',
        messages: [{ model: 'sale.order', res_id: document.id }],
      });
      expect(await deliver(mail, document)).toEqual({ ...posted, result: 'duplicate' });
      const [message, ...others] = await messagesOf(mail.messageId);
      expect(others).toEqual([]);
      expect(message).toMatchObject({
        model: 'sale.order',
        res_id: document.id,
        author_id: [world.ann, expect.anything()],
        message_type: 'email',
      });
      expect(message?.['body']).toContain('Où est le café ?');
    });

    test('keeps the address of a sender that Odoo does not know', async () => {
      const mail = { from: 'Zoe <zoe@nobody.example.com>', to: shop, messageId: '<unknown@example.com>' };
      expect(await deliver(mail, await orderOf())).toMatchObject({ result: 'posted' });
      expect(await messagesOf(mail.messageId)).toMatchObject([
        { author_id: false, email_from: expect.stringContaining('zoe@nobody.example.com') as string },
      ]);
    });

    test('creates no record for a document that is gone', async () => {
      const partner = await world.create('res.partner', { name: 'Gone' });
      await world.call('res.partner', 'unlink', [partner]);
      const before = await countOf('res.partner');
      const mail = { from: customer, to: shop, messageId: '<gone@example.com>' };
      for (const id of [partner, 2 ** 40]) {
        expect(await deliver(mail, { model: 'res.partner', id })).toEqual({ result: 'missing' });
      }
      expect(await messagesOf(mail.messageId)).toEqual([]);
      expect(await countOf('res.partner')).toBe(before);
    });

    test('posts on an archived document', async () => {
      const id = await world.create('res.partner', { name: 'Archived', active: false });
      expect(await deliver({ from: customer, to: shop }, { model: 'res.partner', id })).toMatchObject({
        result: 'posted',
      });
    });

    test('follows a reference to a message when no document is named', async () => {
      const message = await world.send([world.ann]);
      const mail = { from: customer, to: shop, inReplyTo: message.messageId };
      expect(await deliver(mail)).toMatchObject({
        result: 'posted',
        messages: [{ model: 'sale.order', res_id: message.orderId }],
      });
    });

    test('makes the answer to a note a note as well', async () => {
      const document = await orderOf();
      const [noted] = (await world.call('sale.order', 'message_post', [document.id], {
        body: 'Is he good for it?',
        message_type: 'comment',
        subtype_xmlid: 'mail.mt_note',
      })) as [number];
      const [note] = (await world.call('mail.message', 'read', [noted], {
        fields: ['message_id', 'subtype_id'],
      })) as [{ message_id: string; subtype_id: [number, string] }];
      const mail = {
        from: 'admin@example.com',
        to: shop,
        inReplyTo: note.message_id,
        messageId: '<note@example.com>',
      };
      expect(await deliver(mail, document)).toMatchObject({ result: 'posted' });
      expect(await messagesOf(mail.messageId)).toMatchObject([{ subtype_id: note.subtype_id }]);
    });

    test('lets an alias create a record', async () => {
      const mail = { from: customer, to: contractAlias, subject: 'A new contact' };
      const answer = await deliver(mail);
      expect(answer).toMatchObject({ result: 'posted', messages: [{ model: 'res.partner' }] });
      const id = answer.result === 'posted' ? (answer.messages[0]?.res_id ?? 0) : 0;
      expect(await world.call('res.partner', 'read', [id], { fields: ['name'] })).toMatchObject([
        { name: 'A new contact' },
      ]);
    });
  });
}
