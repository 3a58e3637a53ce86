import { beforeAll, describe, expect, test } from 'vitest';
import type { MessageChange } from '../../../src/odoo/message-change.ts';
import { eventValues } from '../../../src/rules/delivery/event-values.ts';
import { recordOnly } from '../../../src/rules/delivery/message-outcome.ts';
import { historyEvent, odooFacts } from '../../support/odoo/message-states.ts';
import { changeOf, mailsIn } from './world.ts';
import type { ActionsWorld } from './world.ts';

const bob = 'bob@customer.example.com';
const bounce = historyEvent('hard_bounce', bob, {
  event_id: 'event-1',
  wire_id: '<wire@example.com>',
  smtp_line: '550 5.1.1 Usér unknown',
});
const logEvent = { ...bounce, event_id: 'log:1', wire_id: null, smtp_line: null };

/** Rules that protect Odoo’s records. The stand-in lacks them, so these tests run on a real Odoo only. */
export function describeRealOnly(opened: () => ActionsWorld): void {
  describe('the rights of the bridge', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });

    test('show its user no mail, notification or mail server outside the actions', async () => {
      await world.send([world.ann]);
      const readIds = (model: string) =>
        world.odoo.bridge.call({ model, method: 'search_read', arguments: { domain: [], fields: ['id'] } });
      for (const model of ['mail.mail', 'ir.mail_server', 'ir.config_parameter']) {
        await expect(readIds(model), model).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
      }
      // Portal users may read these two models, but only their own rows.
      expect(await readIds('mail.message')).toEqual([]);
      expect(await readIds('mail.notification')).toEqual([]);
    });

    test('need the actions, because not even the administrator may write other people’s notifications', async () => {
      const message = await world.send([world.ann]);
      const [row] = await world.mails.notificationsOf(message.id);
      const write = world.call('mail.notification', 'write', [row?.id ?? 0], {
        vals: { notification_status: 'exception' },
      });
      await expect(write).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
    });

    test('allow no write to an undocumented field', async () => {
      const message = await world.send([world.ann]);
      const state = await world.readOne(message);
      const undocumentedValues: Record<string, unknown> = { res_partner_id: world.bob };
      const undocumented: MessageChange = {
        ...changeOf(state),
        notification_writes: state.notifications.map(({ id }) => ({ id, values: undocumentedValues })),
      };
      await expect(world.actions.apply([undocumented])).rejects.toMatchObject({
        scope: 'entry',
        retry: 'never',
      });
      expect(await world.readOne(message)).toEqual(state);
    });

    test('allow no state that only sending may set', async () => {
      const message = await world.send([world.ann]);
      const state = await world.readOne(message);
      const mail = {
        ...changeOf(state),
        mail_writes: mailsIn(state, { ...{ state: 'outgoing' as 'sent' } }),
      };
      const row = {
        ...changeOf(state),
        notification_writes: state.notifications.map(({ id }) => ({
          id,
          values: { notification_status: 'ready' as 'sent' },
        })),
      };
      for (const change of [mail, row]) {
        await expect(world.actions.apply([change])).rejects.toMatchObject({ scope: 'entry', retry: 'never' });
      }
      expect(await world.readOne(message)).toEqual(state);
    });
  });

  describe('the rows of the history', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });

    test('accept no field of Odoo, and keep nothing of a batch that fails', async () => {
      const message = await world.send([world.ann]);
      const values = eventValues(message.messageId, bounce, 0);
      const forged: typeof values = { ...values, ...{ x_mail_message_id: 1 } };
      const state = await world.readOne(message);
      const changes = [values, forged].map((row) => ({ ...changeOf(state), event_creates: [row] }));
      await expect(world.actions.apply(changes)).rejects.toMatchObject({ scope: 'entry', retry: 'never' });
      expect(await world.readOne(message)).toEqual(state);
    });

    test('are accessible through the actions only', async () => {
      const create = world.create('x_sweego_event', { x_name: 'forged' });
      await expect(create).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
      const read = world.odoo.bridge.call({
        model: 'x_sweego_event',
        method: 'search_read',
        arguments: { domain: [], fields: ['id'] },
      });
      await expect(read).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
    });

    test('keep the mail id and document of a message that is gone when a webhook event replaces a log event', async () => {
      const message = await world.send([world.bob]);
      const row = eventValues(message.messageId, logEvent, 4242);
      await world.actions.apply([{ ...changeOf(await world.readOne(message)), event_creates: [row] }]);
      await world.call('sale.order', 'unlink', [message.orderId]);
      const gone = { message_id: message.messageId, events: [logEvent], traces: [] };
      expect(await world.actions.apply([recordOnly(gone, [bounce], odooFacts)])).toEqual(['applied']);
      const rows = await world.call('x_sweego_event', 'search_read', undefined, {
        domain: [['x_message_id', '=', message.messageId]],
        fields: ['x_mail_id', 'x_model', 'x_res_id'],
      });
      expect(rows).toMatchObject([{ x_mail_id: 4242, x_model: 'sale.order', x_res_id: message.orderId }]);
    });
  });
}
