import { sendHttpRequest } from '../../../src/http-client.ts';
import type { SendHttpRequest } from '../../../src/http-client.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import type { OdooTransport } from '../../../src/odoo/create-odoo.ts';
import type { Odoo, OdooConnection } from '../../../src/odoo/odoo.ts';

/** An Odoo to run the contract on, with an administrator and a portal user. */
export type ContractOdoo = {
  url: string;
  database: string;
  adminLogin: string;
  adminPassword: string;
  adminApiKey: string;
  portalLogin: string;
  portalApiKey: string;
};

/** Connects as the administrator with their API key, unless `changes` says otherwise. */
export function connectTo(
  odoo: ContractOdoo,
  transport: OdooTransport,
  changes: Partial<OdooConnection> = {},
  send: SendHttpRequest = sendHttpRequest,
): Odoo {
  const connection = {
    url: odoo.url,
    database: odoo.database,
    login: odoo.adminLogin,
    secret: odoo.adminApiKey,
    timeoutMs: 60_000,
    ...changes,
  };
  return createOdoo(transport, connection, send);
}
