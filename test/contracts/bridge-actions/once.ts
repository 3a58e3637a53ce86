import { beforeAll, describe, expect, test } from 'vitest';
import type { MessageChange } from '../../../src/odoo/message-change.ts';
import { eventValues } from '../../../src/rules/delivery/event-values.ts';
import { recordOnly } from '../../../src/rules/delivery/message-outcome.ts';
import { historyEvent, odooFacts } from '../../support/odoo/message-states.ts';
import { changeOf } from './world.ts';
import type { ActionsWorld } from './world.ts';

/** An `apply` that compares only the history records a duplicate in the first trial on a real Odoo with two workers. */
const trials = 10;

/**
 * What `apply` promises when two calls with the same changes run at the same time. This happens when a call takes
 * longer than the bridge waits for it: the bridge then decides and applies the events again.
 */
export function describeOnce(opened: () => ActionsWorld): void {
  describe('the same changes in two concurrent calls', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const openedEvent = (trial: number) =>
      historyEvent('email_opened', 'ann@customer.example.com', { event_id: `once-${trial}` });
    const applyTwice = async (change: MessageChange) => {
      const results = await Promise.all([world.actions.apply([change]), world.actions.apply([change])]);
      return results.flat().sort();
    };
    const recorded = async () => {
      const rows = (await world.call('x_sweego_event', 'search_read', undefined, {
        domain: [['x_type', '=', 'email_opened']],
        fields: ['x_event_id'],
      })) as { x_event_id: string | false }[];
      return rows.filter((row) => row.x_event_id !== false && row.x_event_id.startsWith('once-')).length;
    };

    test('are recorded once for a message that is gone', async () => {
      const before = await recorded();
      for (let trial = 1; trial <= trials; trial += 1) {
        const gone = { message_id: `<once-${trial}@example.com>`, events: [], traces: [] };
        const results = await applyTwice(recordOnly(gone, [openedEvent(trial)], odooFacts));
        expect([results, await recorded()], `trial ${trial}`).toEqual([['applied', 'stale'], before + trial]);
      }
    });

    test('are recorded once for a message that still exists, when its notification and mail do not change', async () => {
      const message = await world.send([world.ann]);
      const sent = await world.readOne(message);
      await world.actions.apply([{ ...changeOf(sent), mail_unlinks: sent.mails.map(({ id }) => id) }]);
      const before = await recorded();
      for (let trial = 1; trial <= trials; trial += 1) {
        const results = await applyTwice({
          ...changeOf(await world.readOne(message)),
          event_creates: [eventValues(message.messageId, openedEvent(trial), 0)],
        });
        expect([results, await recorded()], `trial ${trial}`).toEqual([['applied', 'stale'], before + trial]);
      }
    });
  });
}
