import type { IncomingHttpHeaders } from 'node:http';
import { htmlAnswer, jsonAnswer } from './answer.ts';
import type { StandInAnswer } from './answer.ts';
import { httpFault, json2Fault, json2Status, serializeException } from './fault-answers.ts';
import { checkMethodIsPublic } from './protocol.ts';
import type { StandInDatabase, StandInFault } from './protocol.ts';

type Json2Request = { method: string; path: string; headers: IncomingHttpHeaders; body: string };

/** `POST /json/2/<model>/<method>` (module rpc, controllers/json2.py). */
export async function answerJson2(database: StandInDatabase, request: Json2Request): Promise<StandInAnswer> {
  const wanted = request.headers['x-odoo-database'];
  if (wanted !== undefined && wanted !== database.name) {
    return htmlAnswer(404, 'No database is selected and the requested URL was not found.');
  }
  const mimeType = (request.headers['content-type'] ?? '').split(';')[0];
  if (request.body !== '' && mimeType !== 'application/json') {
    return htmlAnswer(415, 'Unsupported media type.');
  }
  try {
    return jsonAnswer(200, await callMethod(database, request));
  } catch (error) {
    const fault = json2Fault(error);
    return jsonAnswer(json2Status(fault), serializeException(fault), extraHeaders(fault));
  }
}

async function callMethod(database: StandInDatabase, request: Json2Request): Promise<unknown> {
  const [model, method, ...rest] = request.path.slice('/json/2/'.length).split('/').map(decodeURIComponent);
  if (model === undefined || method === undefined || rest.length > 0 || request.method !== 'POST') {
    throw httpFault('NotFound', 404, 'Did you mean POST /json/2/<model>/<method>?');
  }
  const uid = userOf(database, request.headers.authorization);
  const { ids, context, ...args } = readArguments(request.body);
  if (!database.hasModel(model)) {
    throw httpFault('NotFound', 404, `the model '${model}' does not exist`);
  }
  checkMethodIsPublic(model, method);
  if (!database.hasMethod(model, method)) {
    throw httpFault('NotFound', 404, `The method '${model}.${method}' does not exist`);
  }
  return database.call(uid, {
    model,
    method,
    ids: typeof ids === 'number' ? [ids] : ((ids ?? undefined) as readonly number[] | undefined),
    args,
    context: (context ?? {}) as Record<string, unknown>,
  });
}

function userOf(database: StandInDatabase, authorization: string | undefined): number {
  const key = /^bearer (.*)$/i.exec(authorization ?? '')?.[1];
  if (key === undefined) {
    throw httpFault(
      'Unauthorized',
      401,
      'User not authenticated, use an API Key with a Bearer Authorization header.',
    );
  }
  const uid = database.userOfKey(key);
  if (uid === undefined) {
    throw httpFault('Unauthorized', 401, 'Invalid apikey');
  }
  return uid;
}

/** A body that is no object counts as no arguments, as in Odoo. */
function readArguments(body: string): Record<string, unknown> {
  if (body === '') {
    return {};
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw httpFault('BadRequest', 400, `could not parse the body as json: ${String(error)}`);
  }
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : {};
}

function extraHeaders(fault: StandInFault): Record<string, string> {
  return fault.pythonClassName === 'werkzeug.exceptions.Unauthorized' ? { 'www-authenticate': 'Bearer' } : {};
}
