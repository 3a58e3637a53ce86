import OdooAwait from 'odoo-await';
import { z } from 'zod';
import { BridgeError } from '../../errors.ts';
import type { HttpAnswer, SendHttpRequest } from '../../http-client.ts';
import { createExchange } from '../exchange.ts';
import { faultOfAnswer } from '../fault.ts';
import { createLoginOdoo, positionalAndKeywords } from '../login-odoo.ts';
import { odooError } from '../odoo-error.ts';
import type { CallSite } from '../odoo-error.ts';
import type { Odoo, OdooConnection } from '../odoo.ts';
import { createMemorySocket } from './memory-socket.ts';
import { faultOfXmlRpc, isNoneResult, XmlRpcFault } from './xml-rpc-fault.ts';
import { toXmlRpcValue } from './xml-rpc-value.ts';

const UserId = z.number().int().positive();

/**
 * Odoo's XML-RPC (`POST /xmlrpc/2/common` and `/object`; module rpc, controllers/xmlrpc.py) through the package
 * odoo-await. Odoo 19 logs a deprecation at each call.
 *
 * odoo-await writes and reads the protocol. Its network is not used, because it cannot limit the time of a call or the
 * size of an answer, and it cannot abort a call. Its requests go through the exchange that all transports share. A method
 * that returns `None` answers with a fault, although its work is done; the result arrives as `null`.
 */
export function createXmlRpc(connection: OdooConnection, sendHttpRequest: SendHttpRequest): Odoo {
  const exchange = createExchange(connection, sendHttpRequest);

  /** Sends one request with a client of its own, because odoo-await has no options for a single call. */
  async function converse(
    site: CallSite,
    timeoutMs: number | undefined,
    request: (client: OdooAwait) => Promise<unknown>,
    userId = 0,
  ): Promise<unknown> {
    const [db, username, password] = [connection.database, connection.login ?? '', connection.secret].map(
      (text) => toXmlRpcValue(text, site) as string,
    ) as [string, string, string];
    const client = Object.assign(new OdooAwait({ baseUrl: connection.url, db, username, password }), {
      uid: userId,
      createClientOptions: (path: string) => ({
        host: new URL(connection.url).hostname,
        port: 0,
        basic_auth: null,
        path,
        createConnection: () =>
          createMemorySocket(async (body) => {
            const headers = { 'content-type': 'text/xml' };
            const answer = await exchange.send({ method: 'POST', path, headers, body, timeoutMs }, site);
            return checkedBody(answer, site);
          }),
      }),
    });
    try {
      return await request(client);
    } catch (error) {
      const fault = XmlRpcFault.safeParse(error);
      if (fault.success) {
        if (site.step === 'call' && isNoneResult(fault.data)) return null;
        throw faultOfXmlRpc(fault.data, site);
      }
      if (error instanceof BridgeError) throw error;
      // When Odoo answers `false` to a login, odoo-await throws a string.
      if (typeof error === 'string') throw odooError('ODOO_AUTHENTICATION', site, { cause: error });
      // The parser's error holds the answer and the whole request with the secret, so it is not kept as the cause.
      throw odooError('ODOO_BAD_ANSWER', site, { cause: undefined });
    }
  }

  return createLoginOdoo('xmlrpc', exchange, {
    async authenticate(site, timeoutMs) {
      const answer = await converse(site, timeoutMs, (client) => client.connect() as Promise<unknown>);
      const uid = UserId.safeParse(answer);
      if (!uid.success) throw odooError('ODOO_AUTHENTICATION', site);
      return uid.data;
    },
    async execute(userId, call, site) {
      const params = toXmlRpcValue(positionalAndKeywords(call), site) as unknown[];
      const model = toXmlRpcValue(call.model, site) as string;
      const method = toXmlRpcValue(call.method, site) as string;
      const result = await converse(
        site,
        call.timeoutMs,
        (client) => client.execute_kw(model, method, params),
        userId,
      );
      if (result === undefined) throw odooError('ODOO_BAD_ANSWER', site);
      return result;
    },
  });
}

const answerStart =
  /^\s*(?:<\?xml[^>]*>\s*)?<methodResponse>\s*(?:<params>\s*<param>\s*<value>|<fault>\s*<value>\s*<struct>\s*<member>)/;

/**
 * Passes on only an answer that odoo-await can read. It would read a proxy's page as XML, and a fault without its struct
 * makes it throw outside every `try`, which ends the process.
 *
 * @throws BridgeError as faultOfAnswer maps; ODOO_BAD_ANSWER
 */
function checkedBody(answer: HttpAnswer, site: CallSite): Uint8Array {
  if (answer.status !== 200 || !(answer.headers['content-type'] ?? '').startsWith('text/xml')) {
    throw faultOfAnswer(answer, site);
  }
  const text = new TextDecoder().decode(answer.body);
  const start = answerStart.exec(text)?.[0];
  const hasLateFault = start?.endsWith('<value>') === true && /<\/?fault\b/i.test(text);
  if (start === undefined || hasLateFault) {
    throw odooError('ODOO_BAD_ANSWER', site, { details: { status: answer.status } });
  }
  return answer.body;
}
