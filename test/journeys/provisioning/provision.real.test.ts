import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRealDatabase } from '../../support/odoo/real-odoo.ts';
import type { RealDatabase } from '../../support/odoo/real-odoo.ts';

const program = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
let odoo: RealDatabase;
let bridgeApiKey = '';

beforeAll(async () => {
  odoo = await openRealDatabase({ template: 'base' });
});
afterAll(async () => {
  await odoo.close();
});

type Run = { code: number; stdout: string; stderr: string };

function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    ODOO_URL: odoo.url,
    ODOO_DATABASE: odoo.database,
    PROVISION_LOGIN: odoo.adminLogin,
    PROVISION_PASSWORD: odoo.adminPassword,
    ...environment,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...words], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function changesOf(words: readonly string[]): Promise<{ action: string; model: string }[]> {
  const { code, stdout, stderr } = await run(words);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { changes: { action: string; model: string }[] }).changes;
}

const call: RealDatabase['administrator']['call'] = (...words) => odoo.administrator.call(...words);
const countOurs = () => call('ir.model.data', 'search_count', [[['module', '=', 'sweego_bridge']]]);

async function asBridge(
  model: string,
  method: string,
  body: Record<string, unknown>,
): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(`${odoo.url}/json/2/${model}/${method}`, {
    method: 'POST',
    headers: {
      authorization: `bearer ${bridgeApiKey}`,
      'content-type': 'application/json',
      'x-odoo-database': odoo.database,
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: await response.json() };
}

describe('provision', () => {
  it('says with --plan what it would change, and changes nothing', async () => {
    const planned = await changesOf(['provision', '--plan', '--json']);
    expect(planned.length).toBeGreaterThan(20);
    expect(new Set(planned.map(({ action }) => action))).toEqual(new Set(['create']));
    expect(await countOurs()).toBe(0);
  });

  it('refuses while the public module is installed, and names the fix', async () => {
    const [id] = (await call('ir.module.module', 'create', [
      [{ name: 'mangono_sweego_mail', state: 'installed' }],
    ])) as number[];
    const { code, stderr } = await run(['provision']);
    await call('ir.module.module', 'write', [[id], { state: 'uninstalled' }]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^PROVISION_CONFLICT: .*Uninstall it/);
    expect(await countOurs()).toBe(0);
  });

  it('creates everything that --plan announced, and makes the portal user with a key shown once', async () => {
    const planned = await changesOf(['provision', '--plan', '--json']);
    const { code, stdout } = await run(['provision', '--create-user', '--json']);
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as { changes: unknown; user: { login: string; api_key: string } };
    expect(result.changes).toEqual(planned);
    expect(result.user.login).toBe('sweego-bridge');
    expect(result.user.api_key).toMatch(/^[0-9a-f]{40}$/);
    bridgeApiKey = result.user.api_key;
  });

  it('changes nothing the second time, and keeps the key', async () => {
    expect(await changesOf(['provision', '--json'])).toEqual([]);
    const again = JSON.parse((await run(['provision', '--create-user', '--json'])).stdout) as {
      user: { api_key: string | null };
    };
    expect(again.user.api_key).toBeNull();
    expect((await asBridge('res.users', 'context_get', {})).status).toBe(200);
  });

  it('repairs what somebody altered or removed, and only that', async () => {
    await odoo.administrator.runPython(
      [
        "env.ref('sweego_bridge.action_read').write({'code': 'action = 1'})",
        "env.ref('sweego_bridge.view_mail_server_form').unlink()",
      ].join('\n'),
    );
    const changes = await changesOf(['provision', '--json']);
    expect(changes).toEqual([
      expect.objectContaining({ action: 'update', externalId: 'action_read', fields: ['code'] }),
      expect.objectContaining({ action: 'create', externalId: 'view_mail_server_form' }),
    ]);
    expect(await changesOf(['provision', '--json'])).toEqual([]);
  });

  it('refuses a field of one of its names that somebody else made', async () => {
    const other = await call('ir.model', 'search', [[['model', '=', 'mail.message']]]);
    await call('ir.model.data', 'unlink', [
      await call('ir.model.data', 'search', [
        [
          ['module', '=', 'sweego_bridge'],
          ['name', '=', 'field_mail_message__x_sweego_message_id'],
        ],
      ]),
    ]);
    const ids = (await call('ir.model.fields', 'search', [
      [
        ['model_id', 'in', other],
        ['name', '=', 'x_sweego_message_id'],
      ],
    ])) as number[];
    await call('ir.model.fields', 'write', [ids, { help: 'Somebody else’s' }]);
    const { code, stderr } = await run(['provision']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^PROVISION_FIELD_TAKEN: .*x_sweego_message_id on mail\.message/);
    await call('ir.model.fields', 'unlink', [ids]);
    expect(await changesOf(['provision', '--json'])).toMatchObject([{ action: 'create' }]);
  });

  it('completes a run that was cut off, without making anything twice', async () => {
    // Cut off between creating records and giving them their external ids.
    await call('ir.model.data', 'unlink', [
      await call('ir.model.data', 'search', [
        [
          ['module', '=', 'sweego_bridge'],
          [
            'name',
            'in',
            [
              'field_mail_mail__x_sweego_confirmed',
              'view_mail_server_form',
              'action_mail_created',
              'group_bridge',
            ],
          ],
        ],
      ]),
    ]);
    const adopted = await changesOf(['provision', '--json']);
    expect(new Set(adopted.map(({ action }) => action))).toContain('adopt');
    expect(adopted.map(({ action }) => action)).not.toContain('create');
    expect(await changesOf(['provision', '--json'])).toEqual([]);
  });
});

describe('the bridge’s own user', () => {
  it('may run the three actions', async () => {
    for (const name of ['action_settings', 'action_read', 'action_apply']) {
      const reference = await asBridge('ir.model.data', 'check_object_reference', {
        module: 'sweego_bridge',
        xml_id: name,
      });
      const [, id] = reference.answer as [string, number];
      const ran = await asBridge('ir.actions.server', 'run', { ids: [id], context: { sweego_bridge: {} } });
      expect([name, ran.status]).toEqual([name, 200]);
    }
  });

  it('reads nothing with its key but what any portal user reads, and the names of its own actions', async () => {
    const portal = await externalId('base.group_portal');
    const [plain] = (await call(
      'res.users',
      'create',
      [[{ name: 'Plain', login: 'plain', group_ids: [[6, 0, [portal]]] }]],
      { context: { no_reset_password: true } },
    )) as number[];
    const plainKey = (await odoo.administrator.runPython(
      `action = env['res.users.apikeys'].with_user(${plain}).sudo()._generate('rpc', 'plain', None)`,
    )) as string;
    const models = (await call('ir.model', 'search_read', [
      [
        ['transient', '=', false],
        ['abstract', '=', false],
      ],
      ['model'],
    ])) as { model: string }[];
    const readable = async (key: string, model: string): Promise<string> => {
      const response = await fetch(`${odoo.url}/json/2/${model}/search`, {
        method: 'POST',
        headers: {
          authorization: `bearer ${key}`,
          'content-type': 'application/json',
          'x-odoo-database': odoo.database,
        },
        body: JSON.stringify({ domain: [], limit: 200, order: 'id' }),
      });
      return response.status === 200 ? JSON.stringify(await response.json()) : `refused ${response.status}`;
    };
    const differing: string[] = [];
    for (const { model } of models) {
      const [ours, theirs] = await Promise.all([readable(bridgeApiKey, model), readable(plainKey, model)]);
      if (ours !== theirs) differing.push(model);
    }
    const own = ['ir.actions.server', 'res.users', 'res.partner', 'res.users.apikeys', 'res.users.settings'];
    expect(differing.filter((model) => !own.includes(model))).toEqual([]);
    expect(differing).toContain('ir.actions.server');
    const actions = await asBridge('ir.actions.server', 'search_read', { domain: [], fields: ['name'] });
    expect((actions.answer as { name: string }[]).map(({ name }) => name).sort()).toEqual([
      'Sweego bridge: apply changes',
      'Sweego bridge: deliver a reply',
      'Sweego bridge: find the document of a reply',
      'Sweego bridge: find the messages of a document',
      'Sweego bridge: mails that wait for Sweego',
      'Sweego bridge: read messages',
      'Sweego bridge: settings',
      'Sweego bridge: show a parked reply',
    ]);
    const code = await asBridge('ir.actions.server', 'search_read', { domain: [], fields: ['code'] });
    expect(code.status).toBe(403);
    for (const model of [
      'mail.mail',
      'mail.message',
      'mail.notification',
      'ir.mail_server',
      'ir.config_parameter',
      'sale.order',
    ]) {
      const { status, answer } = await asBridge(model, 'search_read', { domain: [], fields: ['id'] });
      expect([model, status === 200 ? answer : 'refused']).toEqual([model, status === 200 ? [] : 'refused']);
    }
    for (const model of ['mail.message', 'sale.order', 'res.partner']) {
      const posted = await asBridge('mail.thread', 'message_process', {
        model,
        message: 'From: a@example.com\nTo: b@example.com\nSubject: forged\n\nforged',
      });
      expect(posted.status).toBe(403);
    }
  });
});

describe('an operator’s mistake', () => {
  it('a wrong administrator password is named, with the variable', async () => {
    const { code, stderr } = await run(['provision'], { PROVISION_PASSWORD: 'wrong-password' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ODOO_AUTHENTICATION: /);
    expect(stderr).not.toContain('wrong-password');
  });

  it('a user without administrator’s rights gets an error that names the missing rights', async () => {
    await call('res.users', 'create', [[{ name: 'Clerk', login: 'clerk', password: 'clerk-password' }]], {
      context: { no_reset_password: true },
    });
    const { code, stderr } = await run(['provision'], {
      PROVISION_LOGIN: 'clerk',
      PROVISION_PASSWORD: 'clerk-password',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^PROVISION_RIGHTS: .*administrator/);
  });

  it('a database that does not exist is named, with the variable', async () => {
    const { code, stderr } = await run(['provision'], { ODOO_DATABASE: 'no_such_database' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ODOO_DATABASE: /);
  });

  it('missing variables are all listed at once, with exit code 2', async () => {
    const { code, stderr } = await run(['provision'], {
      ODOO_URL: '',
      PROVISION_LOGIN: '',
      PROVISION_PASSWORD: '',
    });
    expect(code).toBe(2);
    expect(stderr).toContain('ODOO_URL');
    expect(stderr).toContain('PROVISION_API_KEY');
  });
});

describe('provision --remove', () => {
  it('takes everything away and gives mails their auto_delete back', async () => {
    const [mail] = (await call('mail.mail', 'create', [[{ subject: 'Kept', state: 'sent' }]])) as number[];
    await call('mail.mail', 'write', [[mail], { x_sweego_auto_delete: true }]);
    await call('ir.config_parameter', 'set_param', [
      'sweego_bridge.reconcile_requested_at',
      '2026-01-01 00:00:00',
    ]);
    const removed = await changesOf(['provision', '--remove', '--json']);
    expect(removed.length).toBeGreaterThan(20);
    expect(await countOurs()).toBe(0);
    const left = await call('ir.model.fields', 'search_count', [[['name', 'like', 'x_sweego']]]);
    expect(left).toBe(0);
    const parameters = await call('ir.config_parameter', 'search_read', [
      [['key', 'like', 'sweego_bridge.']],
      ['key'],
    ]);
    // The marker of test databases belongs to the template.
    expect(parameters).toMatchObject([{ key: 'sweego_bridge.test_database' }]);
    expect(await call('mail.mail', 'read', [[mail], ['auto_delete']])).toMatchObject([{ auto_delete: true }]);
    expect((await asBridge('res.users', 'context_get', {})).status).toBe(401);
    expect(await changesOf(['provision', '--remove', '--json'])).toEqual([]);
  });
});

async function externalId(name: string): Promise<number> {
  const [, id] = (await call('ir.model.data', 'check_object_reference', name.split('.'))) as [string, number];
  return id;
}
