import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendHttpRequest } from '../../../src/http-client.ts';
import { createBridgeActions } from '../../../src/odoo/bridge-actions.ts';
import type { BridgeActions } from '../../../src/odoo/bridge-actions.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import type { Odoo } from '../../../src/odoo/odoo.ts';
import { openRealDatabase } from '../../support/odoo/real-odoo.ts';
import type { ProvisionedDatabase } from '../../support/odoo/real-odoo.ts';

/** A database that differs from a fresh one. */
let database: ProvisionedDatabase;
let odoo: Odoo;
let actions: BridgeActions;

beforeAll(async () => {
  database = await openRealDatabase({ template: 'provisioned' });
  const { url, database: name, bridgeApiKey: secret } = database;
  odoo = createOdoo('json2', { url, database: name, secret, timeoutMs: 60_000 }, sendHttpRequest);
  actions = createBridgeActions(odoo);
});
afterAll(async () => {
  await odoo.close();
  await database.close();
});

const python = (code: string) => database.administrator.runPython(code);

describe('the bridge’s actions', () => {
  it('return no pending mail and no server before a Sweego server exists', async () => {
    expect(await actions.pending(null)).toEqual({ messages: [], next: null });
    expect((await actions.settings()).servers).toEqual([]);
  });

  it('return the settings of a database whose first company has lost its external id', async () => {
    await python(`
env.ref('base.main_company').partner_id.write({'lang': 'en_US'})
env['ir.model.data'].search([('module', '=', 'base'), ('name', '=', 'main_company')]).unlink()
`);
    expect((await actions.settings()).company_language).toBe('en_US');
  });

  it('return the alias domains of all companies', async () => {
    await python(`
domain = env['mail.alias.domain'].create({'name': 'second.example.com'})
env['res.company'].create({'name': 'Second', 'alias_domain_id': domain.id})
`);
    const { alias_domains } = await actions.settings();
    expect(alias_domains.map(({ name }) => name)).toContain('second.example.com');
  });

  it('find a document although some models use a date as name or were removed with their module', async () => {
    await python(`
env['x_sweego_event'].sudo().create([
    {'x_message_id': '<1@example.com>', 'x_model': 'res.currency.rate', 'x_res_id': 1},
    {'x_message_id': '<2@example.com>', 'x_model': 'gone.model', 'x_res_id': 1},
])
partner = env['res.partner'].create({'name': 'Ann Example'})
env['mail.mail'].create({'model': 'res.partner', 'res_id': partner.id, 'message_id': '<3@example.com>', 'state': 'sent'})
env['mail.mail'].search([('message_id', '=', '<3@example.com>')]).write({'x_sweego_relayed': True})
`);
    expect(await actions.findMessages('Ann Example')).toEqual(['<3@example.com>']);
  });

  it('return the newest message first when several documents have the same name', async () => {
    await python(`
lead = env['crm.lead'].create({'name': 'Twice'})
partner = env['res.partner'].create({'name': 'Twice'})
for number, record in enumerate((partner, lead, partner)):
    mail = env['mail.mail'].create({
        'model': record._name, 'res_id': record.id, 'message_id': '<twice-%d@example.com>' % number, 'state': 'sent',
    })
    mail.write({'x_sweego_relayed': True})
`);
    expect(await actions.findMessages('Twice')).toEqual([
      '<twice-2@example.com>',
      '<twice-1@example.com>',
      '<twice-0@example.com>',
    ]);
  });

  it('return mails that have lost their creation date', async () => {
    await python(`
env['ir.mail_server'].create({'name': 'S', 'smtp_host': '127.0.0.1', 'x_sweego_enabled': True})
env.cr.execute("UPDATE mail_mail SET create_date = NULL WHERE x_sweego_relayed")
`);
    const { messages } = await actions.pending(null);
    expect(messages.length).toBeGreaterThan(1);
    for (const { created_at, since } of messages) {
      expect(created_at).toBeNull();
      expect(since?.getTime()).toBeGreaterThan(0);
    }
  });

  it('record the contact with Odoo while a long transaction creates mails for that server', async () => {
    const contact = await python(`
server = env['ir.mail_server'].search([('x_sweego_enabled', '=', True)], limit=1)
env['mail.message'].create({'body': 'Many of these', 'mail_server_id': server.id})
env.flush_all()
bridge = env['res.users'].search([('login', '=', '${database.bridgeLogin}')])
cursor = env.registry.cursor()
try:
    env(cr=cursor, user=bridge.id).ref('sweego_bridge.action_settings').with_context(sweego_bridge={}).run()
    cursor.execute('SELECT x_sweego_contact_at IS NOT NULL FROM ir_mail_server WHERE id = %s', (server.id,))
    action = cursor.fetchone()[0]
finally:
    cursor.close()
`);
    expect(contact).toBe(true);
  });
});

describe('an alert', () => {
  /** Returns the login of the user who gets an alert after these account changes, then rolls everything back. */
  const alertedUser = (accountChanges: string) =>
    python(`
bridge = env['res.users'].search([('login', '=', '${database.bridgeLogin}')])
second = env['res.users'].create({'name': 'Second', 'login': 'second', 'group_ids': [(4, env.ref('base.group_system').id)]})
savepoint = env.cr.savepoint()
${accountChanges}
env.invalidate_all()
run = env.ref('sweego_bridge.action_alert').with_user(bridge).with_context(sweego_bridge={'key': 'odd', 'summary': 'S', 'note': 'N'})
run.run()
action = env['mail.activity'].sudo().search([('x_sweego_key', '=', 'odd')]).user_id.login
savepoint.close(rollback=True)
second.unlink()
`);

  it('goes to another administrator when the one who set up the bridge has left', async () => {
    expect(await alertedUser('')).toBe('admin');
    expect(await alertedUser('env.cr.execute("UPDATE res_users SET active = false WHERE id = 2")')).toBe(
      'second',
    );
  });

  it('goes to OdooBot when no administrator exists', async () => {
    expect(
      await alertedUser(
        'env.cr.execute("UPDATE res_users SET active = false WHERE id = 2 OR login = \'second\'")',
      ),
    ).toBe('__system__');
  });

  it('does not go to a chosen user who has left', async () => {
    expect(
      await alertedUser(`
env['ir.mail_server'].sudo().search([]).write({'x_sweego_alert_user_id': second.id})
env.cr.execute("UPDATE res_users SET active = false WHERE login = 'second'")`),
    ).toBe('admin');
  });
});
