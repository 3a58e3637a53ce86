import { sendHttpRequest } from '../../../src/http-client.ts';
import type { SendHttpRequest } from '../../../src/http-client.ts';
import { createOdoo } from '../../../src/odoo/create-odoo.ts';
import type { OdooTransport } from '../../../src/odoo/create-odoo.ts';
import type { Odoo, OdooConnection } from '../../../src/odoo/odoo.ts';

/** An Odoo that the contract can be tried on, with an administrator and a portal user. */
export type ContractOdoo = {
  url: string;
  database: string;
  adminLogin: string;
  adminPassword: string;
  adminApiKey: string;
  portalLogin: string;
  portalApiKey: string;
};

/** Speaks to it as the administrator with his API key, unless told otherwise. */
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
