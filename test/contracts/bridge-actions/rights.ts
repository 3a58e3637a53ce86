import { beforeAll, describe, expect, test } from 'vitest';
import { contractSecret } from './world.ts';
import type { ActionsWorld } from './world.ts';

/** What the action `settings` returns, and who may run it. */
export function describeRights(opened: () => ActionsWorld): void {
  describe('the action settings', () => {
    let world: ActionsWorld;
    beforeAll(() => {
      world = opened();
    });

    test('returns what the administrator entered in Odoo, and the failure types of this Odoo', async () => {
      const settings = await world.actions.settings();
      expect(settings.servers.find((server) => server.id === world.serverId)).toMatchObject({
        from_filter: 'contract.example.com',
        outbound_secrets: [contractSecret],
        inbound_secrets: [],
        show_auto_replies: false,
      });
      expect(settings.failure_types.mail).toContain('mail_email_invalid');
      expect(settings.failure_types.mail).not.toContain('mail_bounce');
      expect(settings.failure_types.notification).toContain('mail_bounce');
    });

    test('refuses a user outside the bridge group', async () => {
      const [, id] = (await world.odoo.bridge.call({
        model: 'ir.model.data',
        method: 'check_object_reference',
        arguments: { module: 'sweego_bridge', xml_id: 'action_settings' },
      })) as [string, number];
      const run = world.odoo.admin.call({
        model: 'ir.actions.server',
        method: 'run',
        ids: [id],
        context: { sweego_bridge: {} },
      });
      await expect(run).rejects.toMatchObject({ code: 'ODOO_ACCESS' });
    });

    test('returns an archived server until Sweego is unticked, because people still answer its mails', async () => {
      const serversAfter = async (vals: Readonly<Record<string, boolean>>) => {
        await world.call('ir.mail_server', 'write', [world.serverId], { vals });
        return (await world.actions.settings()).servers.map(({ id }) => id);
      };
      expect(await serversAfter({ active: false })).toContain(world.serverId);
      expect(await serversAfter({ x_sweego_enabled: false })).not.toContain(world.serverId);
      expect(await serversAfter({ active: true, x_sweego_enabled: true })).toContain(world.serverId);
    });

    test('returns the time when an administrator requested a synchronisation', async () => {
      const requestAt = async (value: string | false) => {
        const key = 'sweego_bridge.reconcile_requested_at';
        await world.call('ir.config_parameter', 'set_param', undefined, { key, value });
        return (await world.actions.settings()).reconciliation.requested_at;
      };
      expect(await requestAt('2026-11-25 10:30:00')).toEqual(new Date('2026-11-25T10:30:00Z'));
      expect(await requestAt('when I have time')).toBeNull();
      expect(await requestAt(false)).toBeNull();
    });

    test('returns the language of the company', async () => {
      const [company] = (await world.call('res.company', 'read', [1], { fields: ['partner_id'] })) as [
        { partner_id: [number, string] },
      ];
      const setLanguage = (lang: string | false) =>
        world.call('res.partner', 'write', [company.partner_id[0]], { vals: { lang } });
      await setLanguage(false);
      expect((await world.actions.settings()).company_language).toBeNull();
      await setLanguage('en_US');
      expect((await world.actions.settings()).company_language).toBe('en_US');
    });
  });
}
