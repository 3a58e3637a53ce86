import { checkMethodIsPublic, StandInFault } from './protocol.ts';
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
    case 'common.version':
      return {
        server_version: '19.0',
        server_version_info: [19, 0, 0, 'final', 0, ''],
        server_serie: '19.0',
        protocol_version: 1,
      };
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
  const [name, uid, secret, model, method, positional, keywords] = args as [
    string,
    number,
    string,
    string,
    string,
    unknown[],
    Record<string, unknown> | undefined,
  ];
  checkDatabase(database, name);
  if (!database.checkSecret(uid, secret)) {
    throw new StandInFault('odoo.exceptions.AccessDenied', 'Access Denied');
  }
  if (!database.hasModel(model)) {
    throw new StandInFault('odoo.exceptions.UserError', `Object ${model} doesn't exist`);
  }
  checkMethodIsPublic(model, method);
  if (!database.hasMethod(model, method)) {
    throw new StandInFault('builtins.AttributeError', `The method '${model}.${method}' does not exist`);
  }
  const { context, ...named } = keywords ?? {};
  const call = {
    model,
    method,
    context: (context ?? {}) as Record<string, unknown>,
  };
  if (method === 'create') {
    return create(database, uid, call, positional, named);
  }
  if (positional.length > 1) {
    throw new StandInFault('builtins.RuntimeError', 'The stand-in knows no positional argument but ids.');
  }
  return database.call(uid, { ...call, ids: positional[0] as readonly number[] | undefined, args: named });
}

/** `create` wants its values by position and answers a dict with one id (odoo.service.model.call_kw). */
async function create(
  database: StandInDatabase,
  uid: number,
  call: { model: string; method: string; context: Record<string, unknown> },
  positional: readonly unknown[],
  named: Record<string, unknown>,
): Promise<unknown> {
  if (positional.length === 0) {
    throw new StandInFault('builtins.IndexError', 'list index out of range');
  }
  const [values] = positional;
  const created = await database.call(uid, {
    ...call,
    ids: undefined,
    args: { ...named, vals_list: values },
  });
  return Array.isArray(values) ? created : (created as readonly number[])[0];
}

function checkDatabase(database: StandInDatabase, name: unknown): void {
  if (name !== database.name) {
    throw new StandInFault(
      'psycopg2.OperationalError',
      `connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "${String(name)}" does not exist\n`,
    );
  }
}
