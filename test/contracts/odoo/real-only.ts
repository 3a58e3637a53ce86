import { describe, expect, test } from 'vitest';
import { sendHttpRequest } from '../../../src/http-client.ts';
import type { OdooTransport } from '../../../src/odoo/create-odoo.ts';
import { expectRefusal } from '../../support/expect-refusal.ts';
import type { Refusal } from '../../support/expect-refusal.ts';
import type { Administrator } from '../../support/odoo/administrator.ts';
import { connectTo } from './contract-odoo.ts';
import type { ContractOdoo } from './contract-odoo.ts';

const temporaryEntryFailure = { retry: 'later', scope: 'entry' } as const;

/** Failures that only a real Odoo can cause: conflicts, locks, broken actions, its own size limit. */
export function odooRealOnly(
  transport: OdooTransport,
  odoo: () => ContractOdoo & { administrator: Administrator },
): void {
  const parameters = (method: string, given: object) =>
    odoo().administrator.call('ir.config_parameter', method, [], { ...given });

  /** Runs this Python in Odoo as a server action, over the transport. */
  async function run(code: string, timeoutMs?: number): Promise<unknown> {
    const { administrator } = odoo();
    const [model] = (await administrator.call('ir.model', 'search', [[['model', '=', 'res.partner']]])) as [
      number,
    ];
    const values = { name: 'Run by the contract', model_id: model, state: 'code', code };
    const ids = (await administrator.call('ir.actions.server', 'create', [[values]])) as number[];
    return connectTo(odoo(), transport).call({
      model: 'ir.actions.server',
      method: 'run',
      ids,
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
  }

  /** A second transaction reads or changes the partner between two statements of the first. */
  const withAnotherTransaction = (otherStatement: string, ownStep: string) => `
partner = env['res.partner'].create({'name': 'Contended'})
env.cr.commit()
env.cr.execute('select name from res_partner where id = %s', [partner.id])
other = env.registry.cursor()
try:
    other.execute(${JSON.stringify(otherStatement)}, [partner.id])
    ${ownStep}
finally:
    other.close()
`;

  describe(`Odoo over ${transport}, on a real Odoo only`, () => {
    test('fails with ODOO_CONFLICT when another transaction changes the row during every retry of Odoo', async () => {
      const code = withAnotherTransaction(
        "update res_partner set name = 'Theirs' where id = %s",
        `other.commit(); env.cr.execute("update res_partner set name = 'Ours' where id = %s", [partner.id])`,
      );
      await expectRefusal(run(code), {
        ...temporaryEntryFailure,
        code: 'ODOO_CONFLICT',
        says: /Nothing needs to be done/,
        details: { exception: 'psycopg2.errors.SerializationFailure' },
      });
    });

    test('fails with ODOO_LOCKED when another transaction holds the row', async () => {
      const code = withAnotherTransaction(
        'select id from res_partner where id = %s for update',
        'partner.lock_for_update()',
      );
      await expectRefusal(run(code), {
        ...temporaryEntryFailure,
        code: 'ODOO_LOCKED',
        says: /Nothing needs to be done/,
      });
    });

    const brokenActions: readonly [string, string, Refusal][] = [
      [
        // A fresh read may resolve this conflict, so the bridge retries.
        'breaks a unique index',
        `env.cr.execute("insert into ir_config_parameter (key, value) values ('web.base.url', 'secret')")`,
        {
          ...temporaryEntryFailure,
          code: 'ODOO_SERVER',
          says: /traceback/,
          details: { actionException: 'UniqueViolation' },
        },
      ],
      [
        'writes a value that Odoo does not know',
        `env['mail.mail'].create({'state': 'secret'})`,
        {
          retry: 'never',
          scope: 'entry',
          code: 'ODOO_VALUE',
          says: /provision/,
          details: { actionException: 'ValueError' },
        },
      ],
      [
        'divides by zero',
        `secret = 1 / 0`,
        {
          ...temporaryEntryFailure,
          code: 'ODOO_SERVER',
          says: /traceback/,
          details: { exception: 'builtins.ZeroDivisionError' },
        },
      ],
      [
        'raises a message for the user',
        `raise UserError('secret')`,
        { retry: 'never', scope: 'entry', code: 'ODOO_USER_ERROR', says: /its own log/ },
      ],
    ];
    test.each(brokenActions)(
      'reports the failure of an action that %s, without its source',
      async (_action, code, refusal) => {
        const error = await expectRefusal(run(code), refusal);
        expect(JSON.stringify([error.message, error.details, error.cause])).not.toContain('secret');
      },
    );

    const valuesBeyondXmlRpc: readonly [string, string, unknown][] = [
      ['a None inside a dict', `{'outer': [None]}`, { outer: [null] }],
      ['an integer over 32 bits', '3221225472', 3_221_225_472],
    ];
    test.each(valuesBeyondXmlRpc)(
      'returns %s, except over XML-RPC, which reports the answer as lost',
      async (...row) => {
        const [, python, value] = row;
        const key = `sweego_bridge.unwritable_${transport}`;
        await parameters('set_param', { key, value: false });
        const answer = run(`env['ir.config_parameter'].set_param('${key}', 'done')\naction = ${python}`);
        if (transport === 'xmlrpc') {
          await expectRefusal(answer, {
            ...temporaryEntryFailure,
            code: 'ODOO_BAD_ANSWER',
            says: /Odoo's log/,
          });
        } else {
          expect(await answer).toEqual(value);
        }
        expect(await parameters('get_param', { key })).toBe('done');
      },
    );

    test('fails with ODOO_TIMEOUT when the answer comes too late, although Odoo may have committed the work', async () => {
      const key = `sweego_bridge.contract_${transport}`;
      const code = `
env['ir.config_parameter'].set_param('${key}', 'done')
env.cr.execute('select pg_sleep(2)')`;
      await expectRefusal(run(code, 1_000), {
        retry: 'later',
        scope: 'odoo',
        code: 'ODOO_TIMEOUT',
        says: /may have done the work/,
        details: { maybeSent: true },
      });
      await expect
        .poll(() => parameters('get_param', { key }), { timeout: 30_000, interval: 200 })
        .toBe('done');
    });

    test('refuses with ODOO_TOO_LARGE when the request exceeds the limit set in Odoo', async () => {
      await parameters('set_param', { key: 'web.max_file_upload_size', value: '100000' });
      try {
        // A server with several databases needs this header: JSON-RPC and XML-RPC name the database in the body,
        // which is too late for the limit of that database to apply.
        const headers = { 'x-odoo-database': odoo().database };
        const odooWithHeader = connectTo(odoo(), transport, {}, (request) =>
          sendHttpRequest({ ...request, headers: { ...request.headers, ...headers } }),
        );
        await expectRefusal(
          odooWithHeader.call({
            model: 'res.partner',
            method: 'search',
            arguments: { domain: [['name', '=', 'x'.repeat(200_000)]] },
          }),
          { retry: 'never', scope: 'entry', code: 'ODOO_TOO_LARGE', says: /web\.max_file_upload_size/ },
        );
      } finally {
        await parameters('set_param', { key: 'web.max_file_upload_size', value: false });
      }
    });

    test('refuses with ODOO_AUTHENTICATION as soon as the key is revoked', async () => {
      const { administrator } = odoo();
      const secret = (await administrator.runPython(
        `action = env['res.users.apikeys'].with_user(env.ref('base.user_admin')).sudo()._generate('rpc', 'withdrawn', None)`,
      )) as string;
      const connection = connectTo(odoo(), transport, { secret });
      const count = () =>
        connection.call({ model: 'res.users', method: 'search_count', arguments: { domain: [] } });
      expect(await count()).toEqual(expect.any(Number));
      await administrator.runPython(
        `env['res.users.apikeys'].sudo().search([('name', '=', 'withdrawn')])._remove()`,
      );
      await expectRefusal(count(), {
        retry: 'never',
        scope: 'odoo',
        code: 'ODOO_AUTHENTICATION',
        says: /provision --new-key/,
      });
    });
  });
}
