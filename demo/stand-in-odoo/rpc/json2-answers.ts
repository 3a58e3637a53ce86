import type { IncomingHttpHeaders } from 'node:http';
import { htmlAnswer, jsonAnswer } from './answer.ts';
import type { StandInAnswer } from './answer.ts';
import { httpFault, json2Fault, json2Status, serializeException } from './fault-answers.ts';
import { checkMethodIsPublic } from './protocol.ts';
import type { StandInDatabase } from './protocol.ts';

type Json2Request = { path: string; headers: IncomingHttpHeaders; body: string };

/** `POST /json/2/<model>/<method>` (module rpc, controllers/json2.py). */
export async function answerJson2(database: StandInDatabase, request: Json2Request): Promise<StandInAnswer> {
  if (request.headers['x-odoo-database'] !== database.name) {
    return htmlAnswer(404, 'No database is selected and the requested URL was not found.');
  }
  try {
    return jsonAnswer(200, await callMethod(database, request));
  } catch (error) {
    const fault = json2Fault(error);
    return jsonAnswer(json2Status(fault), serializeException(fault));
  }
}

async function callMethod(database: StandInDatabase, request: Json2Request): Promise<unknown> {
  const [model = '', method = ''] = request.path.slice('/json/2/'.length).split('/').map(decodeURIComponent);
  const key = /^bearer (.*)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const uid = database.userOfKey(key);
  if (uid === undefined) throw httpFault('Unauthorized', 401, 'Invalid apikey');
  const { ids, context, ...args } = readArguments(request.body);
  if (!database.hasModel(model)) throw httpFault('NotFound', 404, `the model '${model}' does not exist`);
  checkMethodIsPublic(model, method);
  if (!database.hasMethod(model, method)) {
    throw httpFault('NotFound', 404, `The method '${model}.${method}' does not exist`);
  }
  return database.call(uid, {
    model,
    method,
    ids: ids as readonly number[] | undefined,
    args,
    context: (context ?? {}) as Record<string, unknown>,
  });
}

function readArguments(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch (error) {
    throw httpFault('BadRequest', 400, `could not parse the body as json: ${String(error)}`);
  }
}
