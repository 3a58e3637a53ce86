import { expect, test } from 'vitest';
import { sendHttpRequest } from '../../../src/http-client.ts';
import type { OdooTransport } from '../../../src/odoo/create-odoo.ts';
import type { OdooCall } from '../../../src/odoo/odoo.ts';
import { expectRefusal } from '../../support/expect-refusal.ts';
import type { Refusal } from '../../support/expect-refusal.ts';
import { connectTo } from './contract-odoo.ts';
import type { ContractOdoo } from './contract-odoo.ts';

const missingId = 99_999_999;
const never = { retry: 'never' } as const;
const permanentEntryFailure = { ...never, scope: 'entry' } as const;
const permanentOdooFailure = { ...never, scope: 'odoo' } as const;
const wrongValue: Refusal = {
  ...permanentEntryFailure,
  code: 'ODOO_VALUE',
  says: /sweego-odoo-bridge provision/,
};
const notAllowed: Refusal = {
  ...permanentOdooFailure,
  code: 'ODOO_ACCESS',
  says: /sweego-odoo-bridge provision/,
};

const refusals: readonly (Refusal & { when: string; call: OdooCall })[] = [
  {
    when: 'the model does not exist',
    call: { model: 'x.missing', method: 'search', arguments: { domain: [] } },
    ...permanentOdooFailure,
    code: 'ODOO_MODEL_MISSING',
    says: /no model x\.missing\. Install the module .* provision/,
  },
  {
    when: 'the method does not exist',
    call: { model: 'res.partner', method: 'missing', ids: [] },
    ...permanentOdooFailure,
    code: 'ODOO_METHOD_MISSING',
    says: /no method res\.partner\.missing\. Check that ODOO_URL leads to an Odoo 19/,
  },
  {
    when: 'the method is private',
    call: { model: 'res.partner', method: '_write', ids: [1] },
    ...notAllowed,
  },
  {
    when: 'a record to delete does not exist',
    call: { model: 'res.partner', method: 'unlink', ids: [missingId] },
    ...permanentEntryFailure,
    code: 'ODOO_RECORD_MISSING',
    says: /Read again/,
  },
  {
    when: 'a selection has no such value',
    call: { model: 'mail.mail', method: 'create', arguments: { vals_list: [{ state: 'nowhere' }] } },
    ...wrongValue,
    details: { exception: 'builtins.ValueError' },
  },
  {
    when: 'a field to write does not exist',
    call: { model: 'res.partner', method: 'create', arguments: { vals_list: [{ x_missing: 1 }] } },
    ...wrongValue,
  },
  {
    when: 'a field to read does not exist',
    call: { model: 'res.partner', method: 'search_read', arguments: { domain: [], fields: ['x_missing'] } },
    ...wrongValue,
  },
  {
    when: 'a domain names a field that does not exist',
    call: { model: 'res.partner', method: 'search', arguments: { domain: [['x_missing', '=', 1]] } },
    ...wrongValue,
  },
  {
    when: 'the method has no such keyword',
    call: { model: 'res.partner', method: 'search', arguments: { domain: [], x_missing: 1 } },
    ...wrongValue,
  },
  {
    when: 'the method passes on a keyword that does not exist',
    call: { model: 'res.partner', method: 'search_read', arguments: { domain: [], x_missing: 1 } },
    ...wrongValue,
  },
  {
    when: 'a required keyword is left out',
    call: { model: 'mail.mail', method: 'write', ids: [missingId] },
    ...wrongValue,
  },
  {
    when: 'a method of the model is given ids',
    call: { model: 'res.partner', method: 'search', ids: [1], arguments: { domain: [] } },
    ...wrongValue,
  },
  {
    when: 'a text holds half of a surrogate pair, which Odoo answers with a bare error page',
    call: { model: 'res.partner', method: 'search', arguments: { domain: [['name', '=', 'torn \ud83d']] } },
    ...wrongValue,
    details: { reason: 'lone surrogate' },
  },
];

/** Calls that Odoo refuses. Each refusal has a code, says whether a retry helps, and has a scope. */
export function odooRefusals(transport: OdooTransport, odoo: () => ContractOdoo): void {
  const call = (model: string, method: string, rest: object = {}) =>
    connectTo(odoo(), transport).call({ model, method, ...rest });

  test.each(refusals)('refuses with $code when $when', async ({ call: refused, ...refusal }) => {
    await expectRefusal(connectTo(odoo(), transport).call(refused), {
      ...refusal,
      details: { transport, model: refused.model, method: refused.method, ...refusal.details },
    });
  });

  test('refuses with ODOO_ACCESS when the user lacks the right, and names model and method', async () => {
    const { portalLogin, portalApiKey } = odoo();
    const portal = connectTo(odoo(), transport, { login: portalLogin, secret: portalApiKey });
    await expectRefusal(
      portal.call({
        model: 'mail.mail',
        method: 'search_read',
        arguments: { domain: [], fields: ['state'] },
      }),
      { ...notAllowed, says: /mail\.mail\.search_read.*sweego-odoo-bridge provision/ },
    );
  });

  test("refuses with ODOO_USER_ERROR when Odoo raises a message for the user, and leaves out Odoo's text", async () => {
    const domain = [['code', '=', 'en_US']];
    const ids = (await call('res.lang', 'search', { arguments: { domain } })) as number[];
    const error = await expectRefusal(call('res.lang', 'unlink', { ids }), {
      ...permanentEntryFailure,
      code: 'ODOO_USER_ERROR',
      says: /Odoo wrote the text to its own log/,
    });
    expect(JSON.stringify([error.message, error.details, error.cause])).not.toMatch(/deleted|language/i);
  });

  test("refuses with ODOO_VALIDATION when a call breaks a constraint, and leaves out Odoo's text", async () => {
    const mails = await call('mail.mail', 'create', {
      arguments: { vals_list: [{ subject: 'Secret plan' }] },
    });
    const [mail] = (await call('mail.mail', 'read', {
      ids: mails,
      arguments: { fields: ['mail_message_id'] },
    })) as [{ mail_message_id: [number, string] }];
    const values = { notification_type: 'email', mail_message_id: mail.mail_message_id[0] };
    const error = await expectRefusal(
      call('mail.notification', 'create', { arguments: { vals_list: [values] } }),
      { ...permanentEntryFailure, code: 'ODOO_VALIDATION', says: /Odoo wrote the text to its own log/ },
    );
    expect(JSON.stringify([error.message, error.details, error.cause])).not.toMatch(/customer|secret/i);
  });

  test('refuses with ODOO_VALUE when the body of the request arrives damaged', async () => {
    const damagingOdoo = connectTo(odoo(), transport, {}, (request) =>
      sendHttpRequest({
        ...request,
        ...(Buffer.from(request.body ?? '').includes('x_damaged') && { body: '{"cut' }),
      }),
    );
    await expectRefusal(
      damagingOdoo.call({
        model: 'res.partner',
        method: 'search',
        arguments: { domain: [['name', '=', 'x_damaged']] },
      }),
      wrongValue,
    );
  });

  test('rolls back the work of a refused call', async () => {
    const values = [{ name: 'Half done' }, { name: 'Half done', x_missing: 1 }];
    await expectRefusal(call('res.partner', 'create', { arguments: { vals_list: values } }), wrongValue);
    const domain = [['name', '=', 'Half done']];
    expect(await call('res.partner', 'search_count', { arguments: { domain } })).toBe(0);
  });
}
