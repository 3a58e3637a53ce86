import { z } from 'zod';
import type { SendHttpRequest } from '../http-client.ts';
import { createExchange, readServerVersion } from './exchange.ts';
import { faultOfAnswer, faultOfException } from './fault.ts';
import { readJsonBody, writeJsonBody } from './json-body.ts';
import type { CallSite } from './odoo-error.ts';
import type { Odoo, OdooConnection } from './odoo.ts';

const ExceptionBody = z.object({ name: z.string(), message: z.string() });

/**
 * Odoo 19's JSON-2 API: `POST /json/2/<model>/<method>` with the API key as bearer (module rpc,
 * controllers/json2.py). The body must be an object: Odoo reads a list as "no arguments".
 */
export function createJson2(connection: OdooConnection, sendHttpRequest: SendHttpRequest): Odoo {
  const exchange = createExchange(connection, sendHttpRequest);
  const headers = {
    authorization: `bearer ${connection.secret}`,
    'content-type': 'application/json',
    'x-odoo-database': connection.database,
  };
  return {
    async call({ model, method, ids, context, arguments: keywords, timeoutMs }) {
      const site: CallSite = { transport: 'json2', step: 'call', model, method };
      const body = {
        ...keywords,
        ...(ids === undefined ? {} : { ids }),
        ...(context === undefined ? {} : { context }),
      };
      const answer = await exchange.send(
        {
          method: 'POST',
          path: `/json/2/${encodeURIComponent(model)}/${encodeURIComponent(method)}`,
          headers,
          body: writeJsonBody(body, site),
          timeoutMs,
        },
        site,
      );
      const json = readJsonBody(answer);
      if (answer.status === 200 && json !== undefined) {
        return json.value;
      }
      const exception = ExceptionBody.safeParse(json?.value);
      throw exception.success
        ? faultOfException(exception.data, site, answer.status)
        : faultOfAnswer(answer, site);
    },
    version: () => readServerVersion(exchange, 'json2'),
    async close() {
      exchange.close();
    },
  };
}
