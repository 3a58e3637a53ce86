import { beforeAll, describe, expect, test } from 'vitest';
import { eventValues } from '../../../src/rules/delivery/event-values.ts';
import { historyEvent } from '../../support/odoo/message-states.ts';
import { changeOf, failing, mailsIn } from './world.ts';
import type { ActionsWorld } from './world.ts';

/** Which mails wait for a report from Sweego. */
export function describePending(opened: () => ActionsWorld): void {
  describe('pending mails', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });

    async function nameOf(orderId: number): Promise<string> {
      const [order] = (await world.call('sale.order', 'read', [orderId], { fields: ['name'] })) as [
        { name: string },
      ];
      return order.name;
    }

    const pending = () => allPending(world);

    test('are mails that left through Sweego and are not confirmed yet', async () => {
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

    test('list the events of their history, so that no event is recorded again', async () => {
      const message = await world.send([world.ann]);
      const state = await world.readOne(message);
      const event = historyEvent('email_sent', 'ann@customer.example.com', { swg_uid: '01-pending' });
      const recorded = { ...changeOf(state), event_creates: [eventValues(message.messageId, event, 0)] };
      expect(await world.actions.apply([recorded])).toEqual(['applied']);
      expect((await pending()).get(message.messageId)?.events).toEqual([['01-pending', 'email_sent', null]]);
    });

    test('include mails that may still be delivered, but no mail that failed permanently', async () => {
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

    test('include mails that failed for one recipient while another has no report', async () => {
      const message = await world.send([world.ann, world.bob]);
      const state = await world.readOne(message);
      const bobRow = state.notifications.find(({ address }) => address === 'bob@customer.example.com');
      const reported = (x_sweego_status: string, notification_status: 'sent' | 'exception') => ({
        values: { x_sweego_status, notification_status, x_sweego_uid: x_sweego_status },
      });
      const failed = state.notifications
        .filter((row) => row !== bobRow)
        .map(({ id }) => ({ id, ...reported('hard_bounce', 'exception') }));
      await world.actions.apply([
        {
          ...changeOf(state),
          notification_writes: failed,
          mail_writes: mailsIn(state, { state: 'exception' }),
        },
      ]);
      expect((await pending()).has(message.messageId)).toBe(true);
      const delivered = [{ id: bobRow?.id ?? 0, ...reported('delivered', 'sent') }];
      await world.actions.apply([
        { ...changeOf(await world.readOne(message)), notification_writes: delivered },
      ]);
      expect((await pending()).has(message.messageId)).toBe(false);
    });

    test('name the domain of the sender, or null when the address has none', async () => {
      const message = await world.send([world.ann]);
      const domainOf = async (email_from: string | false) => {
        await world.call('mail.message', 'write', [message.id], { vals: { email_from } });
        return (await pending()).get(message.messageId)?.from_domain;
      };
      expect(await domainOf('"Sales @ home" <Sales@Shop.Example.com>')).toBe('shop.example.com');
      expect(await domainOf('sales@shop.example.com')).toBe('shop.example.com');
      expect(await domainOf('Sales')).toBeNull();
      expect(await domainOf(false)).toBeNull();
    });

    test('leave out mails whose message has no Message-Id', async () => {
      const message = await world.send([world.ann]);
      await world.call('mail.message', 'write', [message.id], { vals: { message_id: false } });
      const other = await world.send([world.ann]);
      expect((await pending()).has(other.messageId)).toBe(true);
      expect(await world.actions.findMessages(await nameOf(message.orderId))).toEqual([]);
    });

    test('are recognised by their notifications when Odoo deletes mails after sending', async () => {
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

    test('are found by the name of their document', async () => {
      const message = await world.send([world.ann]);
      const name = await nameOf(message.orderId);
      expect(await world.actions.findMessages(name)).toEqual([message.messageId]);
      expect(await world.actions.findMessages(`${name}0`)).toEqual([]);
      expect(await world.actions.findMessages('')).toEqual([]);
    });

    test('are found by the name of their document under many newer messages', async () => {
      const message = await world.send([world.ann]);
      const note = {
        model: 'sale.order',
        res_id: message.orderId,
        message_type: 'notification',
        body: 'Changed',
      };
      await world.call('mail.message', 'create', undefined, { vals_list: Array<unknown>(60).fill(note) });
      const name = await nameOf(message.orderId);
      expect(await world.actions.findMessages(name)).toEqual([message.messageId]);
    });
  });
}

/** Cases that the stand-in does not support: pages, and mails without a notification. */
export function describePendingPages(opened: () => ActionsWorld): void {
  describe('all pending mails', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const pending = (limit?: number) => allPending(world, limit);

    test('include direct mails that failed for one recipient while another has no report', async () => {
      const message = await world.sendDirect('ann@customer.example.com, Bob@customer.example.com');
      const report = async (type: string, recipient: string) => {
        const state = await world.readOne(message);
        const event = historyEvent(type, recipient, { swg_uid: `01-${recipient}` });
        const kept = {
          partners: [],
          email_to: 'ann@customer.example.com, Bob@customer.example.com',
          email_cc: null,
        };
        await world.actions.apply([
          {
            ...changeOf(state),
            event_creates: [eventValues(message.messageId, event, 0)],
            mail_writes: mailsIn(state, {
              state: 'exception',
              email_to: 'ann@customer.example.com',
              x_sweego_original_recipients: JSON.stringify(kept),
            }),
          },
        ]);
        return (await pending()).has(message.messageId);
      };
      expect(await report('hard_bounce', 'ann@customer.example.com')).toBe(true);
      expect(await report('email_sent', 'bob@customer.example.com')).toBe(true);
      expect(await report('delivered', 'bob@customer.example.com')).toBe(false);
    });

    test('come page by page without a gap', async () => {
      const messages = [await world.send([world.ann]), await world.send([world.bob])];
      const all = [...(await pending()).keys()].sort();
      expect([...(await pending(1)).keys()].sort()).toEqual(all);
      for (const { messageId } of messages) expect(all).toContain(messageId);
    });
  });
}

async function allPending({ actions }: ActionsWorld, limit?: number) {
  const messages = [];
  for (let cursor: string | null = null; ;) {
    const page = await actions.pending(cursor, limit);
    messages.push(...page.messages);
    cursor = page.next;
    if (cursor === null) return new Map(messages.map((message) => [message.message_id, message]));
  }
}
