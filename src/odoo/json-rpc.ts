import { z } from 'zod';
import { BridgeError } from '../errors.ts';
import type { SendHttpRequest } from '../http-client.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { faultOfAnswer, faultOfException } from './fault.ts';
import { readJsonBody, writeJsonBody } from './json-body.ts';
import { odooError, type CallSite } from './odoo-error.ts';
import type { Odoo, OdooCall, OdooConnection } from './odoo.ts';
import { createRememberedUser } from './remembered-user.ts';
import { readServerVersion } from './server-version.ts';

const Envelope = z.object({
  jsonrpc: z.string(),
  result: z.unknown().optional(),
  error: z.object({ data: z.object({ name: z.string(), message: z.string() }) }).optional(),
});
const UserId = z.number().int().positive();

/**
 * Odoo's JSON-RPC (`POST /jsonrpc`; module rpc, controllers/jsonrpc.py), for installations that have a login
 * with a password. Odoo 19 logs a deprecation at each call.
 *
 * `authenticate` runs once and its user id is kept. A refused credential makes the next call authenticate
 * again; the refused call itself is not repeated, for the user might be locked out by that.
 */
export function createJsonRpc(connection: OdooConnection, sendHttpRequest: SendHttpRequest): Odoo {
  const exchange = createExchange(connection, sendHttpRequest);
  const { database, login = '', secret } = connection;
  const user = createRememberedUser(async (site: CallSite, timeoutMs: number | undefined) => {
    const params = { service: 'common', method: 'authenticate', args: [database, login, secret, {}] };
    const uid = UserId.safeParse(await post(exchange, params, site, timeoutMs));
    if (!uid.success) {
      throw odooError('ODOO_AUTHENTICATION', site, { cause: undefined });
    }
    return uid.data;
  });
  return {
    async call(call) {
      const site: CallSite = { transport: 'jsonrpc', step: 'call', model: call.model, method: call.method };
      const uid = await user.id({ ...site, step: 'authenticate' }, call.timeoutMs);
      const args = [database, uid, secret, call.model, call.method, ...positionalAndKeywords(call)];
      try {
        return await post(exchange, { service: 'object', method: 'execute_kw', args }, site, call.timeoutMs);
      } catch (error) {
        if (error instanceof BridgeError && error.code === 'ODOO_AUTHENTICATION') {
          user.forget();
        }
        throw error;
      }
    },
    version: () => readServerVersion(exchange, 'jsonrpc'),
    async close() {
      exchange.close();
    },
  };
}

/**
 * The last two arguments of `execute_kw`. Record methods take their ids as first positional argument;
 * `create` looks at its first positional argument to choose its result and fails when there is none
 * (odoo.service.model.call_kw).
 */
function positionalAndKeywords({
  method,
  ids,
  context,
  arguments: given = {},
}: OdooCall): [unknown[], object] {
  const { vals_list: values, ...others } = given;
  const isCreate = method === 'create' && values !== undefined;
  const positional = [...(ids === undefined ? [] : [ids]), ...(isCreate ? [values] : [])];
  return [positional, { ...(isCreate ? others : given), ...(context === undefined ? {} : { context }) }];
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
    throw odooError('ODOO_NOT_ODOO', site, { cause: undefined, details: { status: answer.status } });
  }
  if (envelope.data.error !== undefined) {
    throw faultOfException(envelope.data.error.data, site);
  }
  // Python's None comes without a `result` key.
  return envelope.data.result ?? null;
}
