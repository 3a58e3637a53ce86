import { z } from 'zod';
import type { SendHttpRequest } from '../http-client.ts';
import { createExchange } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { faultOfAnswer, faultOfException } from './fault.ts';
import { readJsonBody, writeJsonBody } from './json-body.ts';
import { createLoginOdoo, positionalAndKeywords } from './login-odoo.ts';
import { odooError } from './odoo-error.ts';
import type { CallSite } from './odoo-error.ts';
import type { Odoo, OdooConnection } from './odoo.ts';

const Envelope = z.object({
  jsonrpc: z.string(),
  result: z.unknown().optional(),
  error: z.object({ data: z.object({ name: z.string(), message: z.string() }) }).optional(),
});
const UserId = z.number().int().positive();

/**
 * Odoo's JSON-RPC (`POST /jsonrpc`; module rpc, controllers/jsonrpc.py), for installations that have a login
 * with a password. Odoo 19 logs a deprecation at each call.
 */
export function createJsonRpc(connection: OdooConnection, sendHttpRequest: SendHttpRequest): Odoo {
  const exchange = createExchange(connection, sendHttpRequest);
  const { database, login = '', secret } = connection;
  return createLoginOdoo('jsonrpc', exchange, {
    async authenticate(site, timeoutMs) {
      const params = { service: 'common', method: 'authenticate', args: [database, login, secret, {}] };
      const uid = UserId.safeParse(await post(exchange, params, site, timeoutMs));
      if (!uid.success) {
        throw odooError('ODOO_AUTHENTICATION', site);
      }
      return uid.data;
    },
    execute(userId, call, site) {
      const args = [database, userId, secret, call.model, call.method, ...positionalAndKeywords(call)];
      return post(exchange, { service: 'object', method: 'execute_kw', args }, site, call.timeoutMs);
    },
  });
}

async function post(
  exchange: Exchange,
  params: { service: string; method: string; args: readonly unknown[] },
  site: CallSite,
  timeoutMs: number | undefined,
): Promise<unknown> {
  const answer = await exchange.send(
    {
      method: 'POST',
      path: '/jsonrpc',
      headers: { 'content-type': 'application/json' },
      body: writeJsonBody({ jsonrpc: '2.0', method: 'call', id: 1, params }, site),
      timeoutMs,
    },
    site,
  );
  const json = readJsonBody(answer);
  const envelope = Envelope.safeParse(json?.value);
  if (answer.status !== 200 || json === undefined) {
    throw faultOfAnswer(answer, site);
  }
  if (!envelope.success) {
    throw odooError('ODOO_NOT_ODOO', site, { details: { status: answer.status } });
  }
  if (envelope.data.error !== undefined) {
    throw faultOfException(envelope.data.error.data, site);
  }
  // For Python's None, Odoo leaves out the key `result`.
  return envelope.data.result ?? null;
}
