import { beforeAll, describe, expect, test } from 'vitest';
import type { HistoryEvent } from '../../../src/odoo/message-state.ts';
import { eventValues } from '../../../src/rules/delivery/event-values.ts';
import { recordOnly } from '../../../src/rules/delivery/message-outcome.ts';
import { odooFacts } from '../../support/odoo/message-states.ts';
import { changeOf } from './world.ts';
import type { ActionsWorld } from './world.ts';

const bounce: HistoryEvent = {
  recipient: 'bob@customer.example.com',
  type: 'hard_bounce',
  at: new Date('2026-11-01T10:20:30Z'),
  swg_uid: '01-bob',
  event_id: 'event-1',
  transaction_id: 'transaction',
  wire_id: '<wire@example.com>',
  permanence: 'hard',
  failure_type: 'mail_email_invalid',
  reason: 'address_unknown',
  smtp_line: '550 5.1.1 Usér unknown',
};
/** An event without any optional value. */
const minimalEvent: HistoryEvent = {
  recipient: 'ann@customer.example.com',
  type: 'email_opened',
  at: null,
  swg_uid: null,
  event_id: null,
  transaction_id: null,
  wire_id: null,
  permanence: null,
  failure_type: null,
  reason: null,
  smtp_line: null,
};

/** What the actions promise about x_sweego_event. */
export function describeHistory(opened: () => ActionsWorld): void {
  describe('the history of a message', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const rowsOf = (messageId: string) =>
      world.call('x_sweego_event', 'search_read', undefined, {
        domain: [['x_message_id', '=', messageId]],
        fields: ['x_name', 'x_mail_message_id', 'x_model', 'x_res_id', 'x_mail_id'],
      });

    test('is read back exactly as it was recorded, and names the document', async () => {
      const message = await world.send([world.ann, world.bob]);
      const change = {
        ...changeOf(await world.readOne(message)),
        event_creates: [bounce, minimalEvent].map((event) => eventValues(message.messageId, event, 0)),
      };
      expect(await world.actions.apply([change])).toEqual(['applied']);
      expect((await world.readOne(message)).events).toEqual([bounce, minimalEvent]);
      expect(await rowsOf(message.messageId)).toMatchObject([
        { x_name: 'hard_bounce bob@customer.example.com', x_model: 'sale.order', x_res_id: message.orderId },
        { x_mail_message_id: [message.id, expect.anything()] },
      ]);
    });

    test('survives the deletion of its message and accepts further events', async () => {
      const message = await world.send([world.bob]);
      const first = {
        ...changeOf(await world.readOne(message)),
        event_creates: [eventValues(message.messageId, bounce, 0)],
      };
      await world.actions.apply([first]);
      await world.call('sale.order', 'unlink', [message.orderId]);
      expect(await world.actions.read([message.messageId])).toEqual({
        messages: [],
        gone: [{ message_id: message.messageId, events: [bounce], traces: [] }],
      });

      expect(await world.actions.apply([first])).toEqual(['gone']);
      const continued = (events: HistoryEvent[]) =>
        recordOnly({ message_id: message.messageId, events, traces: [] }, [minimalEvent], odooFacts);
      expect(await world.actions.apply([continued([])])).toEqual(['stale']);
      expect(await world.actions.apply([continued([bounce])])).toEqual(['applied']);
      const { gone } = await world.actions.read([message.messageId]);
      expect(gone).toEqual([{ message_id: message.messageId, events: [bounce, minimalEvent], traces: [] }]);
      expect(await rowsOf(message.messageId)).toMatchObject([
        { x_mail_message_id: false, x_model: 'sale.order' },
        { x_mail_message_id: false, x_model: false },
      ]);
    });

    test('survives when the deletion of a delivered direct mail also deletes its message', async () => {
      const message = await world.sendDirect('bob@customer.example.com');
      const change = {
        ...changeOf(await world.readOne(message)),
        event_creates: [eventValues(message.messageId, bounce, 0)],
        mail_unlinks: [message.mailId],
        refresh: true,
      };
      expect(await world.actions.apply([change])).toEqual(['applied']);
      expect(await world.actions.read([message.messageId])).toEqual({
        messages: [],
        gone: [{ message_id: message.messageId, events: [bounce], traces: [] }],
      });
    });

    const logEvent = (id: string): HistoryEvent => ({
      ...bounce,
      event_id: `log:${id}`,
      wire_id: null,
      smtp_line: null,
    });
    const recorded = (messageId: string, event: HistoryEvent) => eventValues(messageId, event, 0);

    test('replaces an event from the log with the same event from a webhook, and replaces nothing else', async () => {
      const [message, other] = [await world.send([world.bob]), await world.send([world.bob])];
      for (const { messageId } of [message, other]) {
        const state = await world.readOne({ ...message, messageId });
        const rows = [logEvent('1'), logEvent('2'), minimalEvent].map((event) => recorded(messageId, event));
        await world.actions.apply([{ ...changeOf(state), event_creates: rows }]);
      }
      const state = await world.readOne(message);
      const replacing = {
        ...changeOf(state),
        event_replaces: ['log:1'],
        event_creates: [recorded(message.messageId, bounce)],
      };
      expect(await world.actions.apply([replacing])).toEqual(['applied']);
      expect((await world.readOne(message)).events).toEqual([logEvent('2'), minimalEvent, bounce]);
      expect((await world.readOne(other)).events).toEqual([logEvent('1'), logEvent('2'), minimalEvent]);
      // The number of rows is the number that was read, but the rows are different.
      expect(await world.actions.apply([replacing])).toEqual(['stale']);
      const opened = {
        ...changeOf(state),
        event_creates: [recorded(message.messageId, { ...minimalEvent, type: 'x' })],
      };
      expect(await world.actions.apply([opened])).toEqual(['stale']);
    });

    test('never replaces an event from a webhook or an event of another message', async () => {
      const [message, other] = [await world.send([world.bob]), await world.send([world.bob])];
      const record = async (sent: typeof message, event: HistoryEvent) =>
        world.actions.apply([
          { ...changeOf(await world.readOne(sent)), event_creates: [recorded(sent.messageId, event)] },
        ]);
      await record(message, bounce);
      await record(other, logEvent('other'));
      const state = await world.readOne(message);
      for (const name of ['event-1', 'log:other', 'log:none']) {
        const change = { ...changeOf(state), event_replaces: [name] };
        await expect(world.actions.apply([change])).rejects.toMatchObject({ scope: 'entry', retry: 'never' });
      }
      expect(await world.readOne(message)).toEqual(state);
      expect((await world.readOne(other)).events).toEqual([logEvent('other')]);
    });

    test('replaces an event from the log for a message that is gone, too', async () => {
      const message = await world.send([world.bob]);
      const state = await world.readOne(message);
      const row = recorded(message.messageId, logEvent('1'));
      await world.actions.apply([{ ...changeOf(state), event_creates: [row] }]);
      await world.call('sale.order', 'unlink', [message.orderId]);
      const gone = { message_id: message.messageId, events: [logEvent('1')], traces: [] };
      const change = recordOnly(gone, [bounce], odooFacts);
      expect(await world.actions.apply([change])).toEqual(['applied']);
      expect(await world.actions.apply([change])).toEqual(['stale']);
      const answer = await world.actions.read([message.messageId]);
      expect(answer.gone).toEqual([{ ...gone, events: [bounce] }]);
    });
  });
}
