import { jsonAnswer } from './answer.ts';
import type { StandInAnswer } from './answer.ts';
import { faultOf, serializeException } from './fault-answers.ts';
import type { StandInDatabase } from './protocol.ts';
import { dispatchService } from './rpc-services.ts';

type JsonRpcRequest = { id: unknown; params: { service: string; method: string; args: unknown[] } };

/** `POST /jsonrpc` (module rpc, controllers/jsonrpc.py): status 200 whatever happens, unless it is no JSON. */
export async function answerJsonRpc(database: StandInDatabase, body: string): Promise<StandInAnswer> {
  let request: JsonRpcRequest;
  try {
    request = JSON.parse(body) as JsonRpcRequest;
  } catch {
    return {
      status: 400,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: 'Invalid JSON data',
    };
  }
  const answer = { jsonrpc: '2.0', id: request.id };
  try {
    const { service, method, args } = request.params;
    const result = await dispatchService(database, `${service}.${method}`, args);
    // Odoo leaves the key out for None.
    return jsonAnswer(200, result === null ? answer : { ...answer, result });
  } catch (error) {
    const data = serializeException(faultOf(error));
    return jsonAnswer(200, { ...answer, error: { code: 0, message: 'Odoo Server Error', data } });
  }
}
