import { expect, test } from 'vitest';
import type { OdooTransport } from '../../../src/odoo/create-odoo.ts';
import type { OdooConnection } from '../../../src/odoo/odoo.ts';
import { expectRefusal } from '../../support/expect-refusal.ts';
import type { Refusal } from '../../support/expect-refusal.ts';
import { connectTo } from './contract-odoo.ts';
import type { ContractOdoo } from './contract-odoo.ts';

const permanentOdooFailure = { retry: 'never', scope: 'odoo' } as const;
const loginVariables =
  /ODOO_LOGIN with ODOO_PASSWORD or ODOO_API_KEY.*sweego-odoo-bridge provision --new-key/;
const variables: Record<OdooTransport, RegExp> = {
  json2: /ODOO_API_KEY.*sweego-odoo-bridge provision --new-key/,
  jsonrpc: loginVariables,
  xmlrpc: loginVariables,
};

/** Which credentials and which database Odoo accepts. */
export function odooCredentials(transport: OdooTransport, odoo: () => ContractOdoo): void {
  const refusedLogin: Refusal = {
    ...permanentOdooFailure,
    code: 'ODOO_AUTHENTICATION',
    says: variables[transport],
  };
  const count = (changes: Partial<OdooConnection>) =>
    connectTo(odoo(), transport, changes).call({
      model: 'res.users',
      method: 'search_count',
      arguments: { domain: [] },
    });

  test('refuses with ODOO_AUTHENTICATION when the key is wrong, and names the variable but not its value', async () => {
    const secret = 'not-a-key-of-anybody';
    const error = await expectRefusal(count({ secret }), refusedLogin);
    expect(JSON.stringify([error.message, error.details, error.cause])).not.toContain(secret);
  });

  test('refuses with ODOO_AUTHENTICATION when the key is empty', async () => {
    await expectRefusal(count({ secret: '' }), refusedLogin);
  });

  if (transport === 'json2') {
    test('refuses with ODOO_AUTHENTICATION when a password replaces the key, because JSON-2 accepts only keys', async () => {
      await expectRefusal(count({ secret: odoo().adminPassword }), refusedLogin);
    });
  } else {
    test('accepts a login with its password as well as with an API key', async () => {
      expect(await count({ secret: odoo().adminPassword })).toEqual(expect.any(Number));
      expect(await count({ secret: odoo().adminApiKey })).toEqual(expect.any(Number));
    });

    test('refuses with ODOO_AUTHENTICATION when the login does not exist', async () => {
      await expectRefusal(count({ login: 'nobody' }), refusedLogin);
    });
  }

  test('refuses with ODOO_DATABASE when the database does not exist, and names the variable', async () => {
    const error = await expectRefusal(count({ database: 'no_such_database' }), {
      ...permanentOdooFailure,
      code: 'ODOO_DATABASE',
      says: /Set ODOO_DATABASE/,
    });
    expect(JSON.stringify([error.message, error.details, error.cause])).not.toMatch(/FATAL|127\.0\.0\.1/);
  });
}
