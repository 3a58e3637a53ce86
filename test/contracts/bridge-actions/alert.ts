import { beforeAll, describe, expect, test } from 'vitest';
import type { ActionsWorld } from './world.ts';

/** How Odoo shows a parked reply to a user. */
export function describeAlert(opened: () => ActionsWorld): void {
  describe('an alert about a parked reply', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });
    const activitiesOf = (key: string) =>
      world.call('mail.activity', 'search_read', undefined, {
        domain: [
          ['x_sweego_key', '=', key],
          ['active', 'in', [true, false]],
        ],
        fields: ['summary', 'note', 'user_id', 'active', 'res_model'],
      }) as Promise<Record<string, unknown>[]>;
    const alertOf = (key: string, serverId: number | null = null) => ({
      key,
      summary: 'Reply of ann@customer.example.com: Where?',
      note: 'No document & no <alias>.\nReply by hand.',
      serverId,
    });

    test('is one activity for the user who set up the bridge, with its text shown literally', async () => {
      expect(await world.actions.openAlert(alertOf('7'))).toEqual({ result: 'opened' });
      expect(await world.actions.openAlert(alertOf('7'))).toEqual({ result: 'known' });
      const [activity, ...others] = await activitiesOf('7');
      expect(others).toEqual([]);
      expect(activity).toMatchObject({
        summary: 'Reply of ann@customer.example.com: Where?',
        user_id: [2, 'Administrator'],
        active: true,
        res_model: false,
      });
      const note = String(activity?.['note']).replaceAll('<br/>', '<br>');
      expect(note).toContain('No document &amp; no &lt;alias&gt;.<br>Reply by hand.');
    });

    test('can be closed, and does not open again afterwards', async () => {
      expect(await world.actions.closeAlert('8')).toEqual({ result: 'absent' });
      await world.actions.openAlert(alertOf('8'));
      await world.actions.openAlert(alertOf('80'));
      expect(await world.actions.closeAlert('8')).toEqual({ result: 'closed' });
      expect(await world.actions.closeAlert('8')).toEqual({ result: 'absent' });
      expect(await world.actions.openAlert(alertOf('8'))).toEqual({ result: 'known' });
      expect((await activitiesOf('8')).filter((activity) => activity['active'])).toEqual([]);
      expect(await activitiesOf('80')).toMatchObject([{ active: true }]);
    });

    test('sends no mail', async () => {
      const sent = world.sink.mails.length;
      await world.actions.openAlert(alertOf('12'));
      await world.actions.closeAlert('12');
      expect(world.sink.mails).toHaveLength(sent);
      const found = await world.call('mail.mail', 'search_count', undefined, {
        domain: [
          ['state', '=', 'outgoing'],
          ['subject', 'ilike', 'Where?'],
        ],
      });
      expect(found).toBe(0);
    });
  });
}
