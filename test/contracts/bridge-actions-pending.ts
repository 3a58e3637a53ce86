import { beforeAll, describe, expect, test } from 'vitest';
import { eventValues } from '../../src/rules/event-values.ts';
import { historyEvent } from '../support/message-states.ts';
import { changeOf, failing, mailsIn, type ActionsWorld } from './bridge-actions-world.ts';

/** Which mails wait for word from Sweego. */
export function describePending(opened: () => ActionsWorld): void {
  describe('pending mails', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });

    async function pending(limit?: number) {
      const messages = [];
      for (let cursor: string | null = null; ;) {
        const page = await world.actions.pending(cursor, limit);
        messages.push(...page.messages);
        cursor = page.next;
        if (cursor === null) return new Map(messages.map((message) => [message.message_id, message]));
      }
    }

    test('are those that left through Sweego and are not confirmed', async () => {
      const message = await world.send([world.ann, world.bob]);
      const found = (await pending()).get(message.messageId);
      expect(found).toMatchObject({ from_domain: 'contract.example.com', events: [] });
      expect(Math.abs((found?.created_at?.getTime() ?? 0) - Date.now())).toBeLessThan(3_600_000);
      expect(Math.abs((found?.since?.getTime() ?? 0) - Date.now())).toBeLessThan(3_600_000);
      const state = await world.readOne(message);
      const confirmed = { ...changeOf(state), mail_writes: mailsIn(state, { x_sweego_confirmed: true }) };
      expect(await world.actions.apply([confirmed])).toEqual(['applied']);
      expect((await pending()).has(message.messageId)).toBe(false);
    });

    test('tell what their history knows, so that it is not told again', async () => {
      const message = await world.send([world.ann]);
      const state = await world.readOne(message);
      const event = historyEvent('email_sent', 'ann@customer.example.com', { swg_uid: '01-pending' });
      const recorded = { ...changeOf(state), event_creates: [eventValues(message.messageId, event, 0)] };
      expect(await world.actions.apply([recorded])).toEqual(['applied']);
      expect((await pending()).get(message.messageId)?.events).toEqual([['01-pending', 'email_sent', null]]);
    });

    test('are not those that failed for good, but those that may still be delivered', async () => {
      const fail = async (status: string) => {
        const message = await world.send([world.ann]);
        const state = await world.readOne(message);
        const change = failing(state);
        const writes = change.notification_writes.map(({ id, values }) => ({
          id,
          values: { ...values, x_sweego_status: status },
        }));
        const mails = mailsIn(state, { state: 'exception' });
        await world.actions.apply([{ ...change, notification_writes: writes, mail_writes: mails }]);
        return message.messageId;
      };
      const [hard, soft] = [await fail('hard_bounce'), await fail('soft_bounce')];
      const found = await pending();
      expect([found.has(hard), found.has(soft)]).toEqual([false, true]);
    });

    test('come page by page, none left out', async () => {
      const messages = [await world.send([world.ann]), await world.send([world.bob])];
      const all = [...(await pending()).keys()].sort();
      expect([...(await pending(1)).keys()].sort()).toEqual(all);
      for (const { messageId } of messages) expect(all).toContain(messageId);
    });

    test('are known by their notifications where Odoo deletes mails after sending', async () => {
      const keep = (value: boolean) =>
        world.call('ir.mail_server', 'write', [world.serverId], { vals: { x_sweego_delete_on_sent: value } });
      await keep(false);
      const message = await world.send([world.ann]);
      await keep(true);
      expect(await world.mails.mailsOf(message.id)).toEqual([]);
      expect((await pending()).get(message.messageId)).toMatchObject({ from_domain: 'contract.example.com' });
      const state = await world.readOne(message);
      const writes = state.notifications.map(({ id }) => ({ id, values: { x_sweego_status: 'delivered' } }));
      await world.actions.apply([{ ...changeOf(state), notification_writes: writes }]);
      expect((await pending()).has(message.messageId)).toBe(false);
    });

    test('of a document are found by its name', async () => {
      const message = await world.send([world.ann]);
      const [order] = (await world.call('sale.order', 'read', [message.orderId], { fields: ['name'] })) as [
        { name: string },
      ];
      expect(await world.actions.findMessages(order.name)).toEqual([message.messageId]);
      expect(await world.actions.findMessages(`${order.name}0`)).toEqual([]);
      expect(await world.actions.findMessages('')).toEqual([]);
    });
  });
}
