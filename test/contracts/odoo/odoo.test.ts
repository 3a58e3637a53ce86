import { afterAll, beforeAll } from 'vitest';
import { openStandInServer } from '../../../demo/stand-in-odoo/rpc/server.ts';
import { createStandInDatabase } from '../../../demo/stand-in-odoo/stand-in-database.ts';
import type { ContractOdoo } from './contract-odoo.ts';
import { odooContract } from './odoo-contract.ts';

const credentials = {
  adminLogin: 'admin',
  adminPassword: 'admin-password',
  adminApiKey: 'admin-key',
  bridgeApiKey: 'bridge-key',
};
let server: Awaited<ReturnType<typeof openStandInServer>>;

beforeAll(async () => {
  const database = createStandInDatabase('contract', credentials, { provisioned: true });
  server = await openStandInServer(database);
});
afterAll(() => server.close());

const odoo = (): ContractOdoo => ({
  url: server.url,
  database: 'contract',
  ...credentials,
  portalLogin: 'sweego-bridge',
  portalApiKey: credentials.bridgeApiKey,
});

odooContract('the stand-in', 'json2', odoo);
odooContract('the stand-in', 'jsonrpc', odoo);
odooContract('the stand-in', 'xmlrpc', odoo);
