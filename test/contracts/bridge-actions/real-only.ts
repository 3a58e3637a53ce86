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
const ofLog = { ...bounce, event_id: 'log:1', wire_id: null, smtp_line: null };

/** What protects Odoo’s records. The stand-in does not repeat it, so this is tried on a real Odoo alone. */
export function describeRealOnly(opened: () => ActionsWorld): void {
  describe('what the bridge may see and write', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });

    test('shows the bridge’s user no mail, envelope or mail server outside its actions', async () => {
      await world.send([world.ann]);
      const look = (model: string) =>
        world.odoo.bridge.call({ model, method: 'search_read', arguments: { domain: [], fields: ['id'] } });
      for (const model of ['mail.mail', 'ir.mail_server', 'ir.config_parameter']) {
        await expect(look(model), model).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
      }
      // Portal users may read these two models, but only rows that concern themselves.
      expect(await look('mail.message')).toEqual([]);
      expect(await look('mail.notification')).toEqual([]);
    });

    test('is the reason for the actions: not even the administrator writes other people’s notifications', async () => {
      const message = await world.send([world.ann]);
      const [row] = await world.mails.notificationsOf(message.id);
      const write = world.call('mail.notification', 'write', [row?.id ?? 0], {
        vals: { notification_status: 'exception' },
      });
      await expect(write).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
    });

    test('writes no other field', async () => {
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

    test('is never set to a state that only sending gives', async () => {
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

    test('takes no field but its own, and nothing of a batch that fails', async () => {
      const message = await world.send([world.ann]);
      const values = eventValues(message.messageId, bounce, 0);
      const forged: typeof values = { ...values, ...{ x_mail_message_id: 1 } };
      const state = await world.readOne(message);
      const changes = [values, forged].map((row) => ({ ...changeOf(state), event_creates: [row] }));
      await expect(world.actions.apply(changes)).rejects.toMatchObject({ scope: 'entry', retry: 'never' });
      expect(await world.readOne(message)).toEqual(state);
    });

    test('is written by nobody but the bridge', async () => {
      const create = world.create('x_sweego_event', { x_name: 'forged' });
      await expect(create).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
      const look = world.odoo.bridge.call({
        model: 'x_sweego_event',
        method: 'search_read',
        arguments: { domain: [], fields: ['id'] },
      });
      await expect(look).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
    });

    test('keeps of a mail that is gone what it was, for what a webhook tells in place of the log', async () => {
      const message = await world.send([world.bob]);
      const row = eventValues(message.messageId, ofLog, 4242);
      await world.actions.apply([{ ...changeOf(await world.readOne(message)), event_creates: [row] }]);
      await world.call('sale.order', 'unlink', [message.orderId]);
      const gone = { message_id: message.messageId, events: [ofLog], traces: [] };
      expect(await world.actions.apply([recordOnly(gone, [bounce], odooFacts)])).toEqual(['applied']);
      const rows = await world.call('x_sweego_event', 'search_read', undefined, {
        domain: [['x_message_id', '=', message.messageId]],
        fields: ['x_mail_id', 'x_model', 'x_res_id'],
      });
      expect(rows).toMatchObject([{ x_mail_id: 4242, x_model: 'sale.order', x_res_id: message.orderId }]);
    });
  });
}
