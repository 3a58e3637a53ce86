import { beforeAll, describe, expect, test } from 'vitest';
import type { DeliverAnswer } from '../../../src/odoo/reply-answers.ts';
import { replyMail } from '../../support/mails/reply-mails.ts';
import type { ReplyMail } from '../../support/mails/reply-mails.ts';
import { contractAlias, contractDomain } from './world.ts';
import type { ActionsWorld } from './world.ts';

const customer = 'Ann Example <ann@customer.example.com>';
const shop = 'shop@elsewhere.example.com';

/** Mails that Odoo’s gateway refuses. The stand-in only delivers, so these tests run on a real Odoo only. */
export function describeRefusals(opened: () => ActionsWorld): void {
  describe('delivering a reply that Odoo does not accept', () => {
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
        fields: ['model'],
      });
    const countOf = async (model: string) =>
      Number(await world.call(model, 'search_count', undefined, { domain: [] }));
    const orderOf = async (): Promise<{ model: string; id: number }> => ({
      model: 'sale.order',
      id: (await world.mails.createOrder(world.ann)).id,
    });

    test.each(['ir.mail_server', 'no.such.model', 'mail.thread'])(
      'refuses the model %s, which has no chatter',
      async (model) => {
        expect(await deliver({ from: customer, to: shop }, { model, id: world.serverId })).toEqual({
          result: 'refused',
          reason: 'no_thread',
        });
      },
    );

    test('refuses a reply whose reference leads to another document, and leaves nothing behind', async () => {
      const message = await world.send([world.ann]);
      const mail = {
        from: customer,
        to: shop,
        inReplyTo: message.messageId,
        messageId: '<elsewhere@example.com>',
      };
      expect(await deliver(mail, await orderOf())).toEqual({ result: 'refused', reason: 'elsewhere' });
      expect(await messagesOf(mail.messageId)).toEqual([]);
      expect(
        await deliver({ ...mail, to: contractAlias, inReplyTo: '<x@example.com>' }, await orderOf()),
      ).toEqual({ result: 'refused', reason: 'elsewhere' });
    });

    test('refuses a reply that leads to no document', async () => {
      const mail = { from: customer, to: shop, inReplyTo: '<unheard-of@example.com>' };
      expect(await deliver(mail)).toEqual({ result: 'refused', reason: 'no_route' });
    });

    test('sends no answer when an alias or the catchall address refuses', async () => {
      const mails = await countOf('mail.mail');
      const subject = 'Refused';
      const catchall = { from: customer, to: `catchall@${contractDomain}`, subject };
      expect(await deliver(catchall)).toEqual({ result: 'refused', reason: 'catchall' });
      expect(await deliver({ ...catchall, to: `${catchall.to}, ${shop}` })).toEqual({
        result: 'refused',
        reason: 'catchall',
      });
      await world.call('mail.alias', 'write', [world.aliasId], { vals: { alias_contact: 'partners' } });
      const stranger = { from: 'stranger@nobody.example.com', to: contractAlias, subject };
      expect(await deliver(stranger)).toEqual({ result: 'refused', reason: 'alias_policy' });
      await world.call('mail.alias', 'write', [world.aliasId], { vals: { alias_contact: 'everyone' } });
      expect(await deliver(stranger)).toMatchObject({ result: 'posted' });
      // Odoo would send its refusal at once, inside the call, with `Re:` before the subject.
      expect(world.sink.mails.filter((mail) => mail.subject.includes(subject))).toEqual([]);
      expect(await countOf('mail.mail')).toBe(mails);
    });
  });
}
