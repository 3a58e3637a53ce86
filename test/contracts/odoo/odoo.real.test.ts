import { afterAll, beforeAll } from 'vitest';
import { openRealDatabase } from '../../support/odoo/real-odoo.ts';
import type { RealDatabase } from '../../support/odoo/real-odoo.ts';
import { odooContract } from './odoo-contract.ts';
import { odooRealOnly } from './real-only.ts';

/** Creates a portal user outside the bridge group, and returns their API key. */
const makePortalUser = `
user = env['res.users'].with_context(no_reset_password=True).create({
    'name': 'Portal', 'login': 'contract-portal', 'group_ids': [(6, 0, [env.ref('base.group_portal').id])]})
action = env['res.users.apikeys'].with_user(user).sudo()._generate('rpc', 'contract', None)
`;

let database: RealDatabase;
let portalApiKey: string;

beforeAll(async () => {
  database = await openRealDatabase({ template: 'base' });
  portalApiKey = (await database.administrator.runPython(makePortalUser)) as string;
});
afterAll(() => database.close());

const odoo = () => ({ ...database, portalLogin: 'contract-portal', portalApiKey });

odooContract('a real Odoo', 'json2', odoo);
odooContract('a real Odoo', 'jsonrpc', odoo);
odooContract('a real Odoo', 'xmlrpc', odoo);
odooRealOnly('json2', odoo);
odooRealOnly('jsonrpc', odoo);
odooRealOnly('xmlrpc', odoo);
