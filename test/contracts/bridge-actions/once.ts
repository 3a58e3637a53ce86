import { beforeAll, describe, expect, test } from 'vitest';
import type { MessageChange } from '../../../src/odoo/message-change.ts';
import { eventValues } from '../../../src/rules/delivery/event-values.ts';
import { recordOnly } from '../../../src/rules/delivery/message-outcome.ts';
import { historyEvent, odooFacts } from '../../support/odoo/message-states.ts';
import { changeOf } from './world.ts';
import type { ActionsWorld } from './world.ts';

/** While only the history was compared, the first trial already doubled on a real Odoo with two workers. */
const trials = 10;

/**
 * What `apply` promises when it is called twice at once with the same changes: as happens when a call runs
 * longer than the bridge waits for it, and the events are decided and applied again.
 */
export function describeOnce(opened: () => ActionsWorld): void {
  describe('the same changes applied twice at once', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const opening = (trial: number) =>
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
        const results = await applyTwice(recordOnly(gone, [opening(trial)], odooFacts));
        expect([results, await recorded()], `trial ${trial}`).toEqual([['applied', 'stale'], before + trial]);
      }
    });

    test('are recorded once for a message that is there, whose notification and mail stay as they are', async () => {
      const message = await world.send([world.ann]);
      const sent = await world.readOne(message);
      await world.actions.apply([{ ...changeOf(sent), mail_unlinks: sent.mails.map(({ id }) => id) }]);
      const before = await recorded();
      for (let trial = 1; trial <= trials; trial += 1) {
        const results = await applyTwice({
          ...changeOf(await world.readOne(message)),
          event_creates: [eventValues(message.messageId, opening(trial), 0)],
        });
        expect([results, await recorded()], `trial ${trial}`).toEqual([['applied', 'stale'], before + trial]);
      }
    });
  });
}
