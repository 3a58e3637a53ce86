import { StandInFault, userError } from '../faults.ts';
import { checkMethodIsPublic } from './protocol.ts';
import type { StandInDatabase } from './protocol.ts';

/**
 * The services of JSON-RPC and XML-RPC, by `service.method` with positional arguments (odoo.http.dispatch_rpc).
 *
 * @throws StandInFault
 */
export async function dispatchService(
  database: StandInDatabase,
  name: string,
  args: readonly unknown[],
): Promise<unknown> {
  switch (name) {
    case 'common.authenticate': {
      checkDatabase(database, args[0]);
      return database.authenticate(String(args[1]), String(args[2])) ?? false;
    }
    case 'object.execute_kw':
      return executeKw(database, args);
    default:
      throw new StandInFault('builtins.NameError', `Method not available ${name}`);
  }
}

async function executeKw(database: StandInDatabase, args: readonly unknown[]): Promise<unknown> {
  const [name, uid, secret, model, method, positional, { context = {}, ...named }] = args as [
    string,
    number,
    string,
    string,
    string,
    unknown[],
    Record<string, unknown>,
  ];
  checkDatabase(database, name);
  if (!database.checkSecret(uid, secret)) {
    throw new StandInFault('odoo.exceptions.AccessDenied', 'Access Denied');
  }
  if (!database.hasModel(model)) throw userError(`Object ${model} doesn't exist`);
  checkMethodIsPublic(model, method);
  if (!database.hasMethod(model, method)) {
    throw new StandInFault('builtins.AttributeError', `The method '${model}.${method}' does not exist`);
  }
  const [first, ...rest] = positional;
  if (rest.length > 0) throw new Error('The stand-in knows no second positional argument.');
  const call = { model, method, context: context as Record<string, unknown> };
  if (method !== 'create') {
    return database.call(uid, { ...call, ids: first as readonly number[] | undefined, args: named });
  }
  // `create` wants its values by position, and answers one id for one dict (odoo.service.model.call_kw).
  const created = await database.call(uid, { ...call, ids: undefined, args: { ...named, vals_list: first } });
  return Array.isArray(first) ? created : (created as readonly number[])[0];
}

function checkDatabase(database: StandInDatabase, name: unknown): void {
  if (name === database.name) return;
  throw new StandInFault(
    'psycopg2.OperationalError',
    `connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "${String(name)}" does not exist\n`,
  );
}
