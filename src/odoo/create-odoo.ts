import type { SendHttpRequest } from '../http-client.ts';
import { createJsonRpc } from './json-rpc.ts';
import { createJson2 } from './json2.ts';
import type { Odoo, OdooConnection } from './odoo.ts';
import { createXmlRpc } from './xml-rpc/xml-rpc.ts';

const transports = { json2: createJson2, jsonrpc: createJsonRpc, xmlrpc: createXmlRpc };

/** Values of ODOO_TRANSPORT. */
export type OdooTransport = keyof typeof transports;

/** An Odoo over the chosen transport. It sends nothing until the first call. */
export function createOdoo(
  transport: OdooTransport,
  connection: OdooConnection,
  sendHttpRequest: SendHttpRequest,
): Odoo {
  return transports[transport](connection, sendHttpRequest);
}
