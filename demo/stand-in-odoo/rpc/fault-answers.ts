import { SignatureFault, StandInFault } from '../faults.ts';

/** The five keys of an exception on JSON-2 and JSON-RPC (odoo.http.serialize_exception). */
export type SerializedException = {
  name: string;
  message: string;
  arguments: readonly unknown[];
  context: Record<string, never>;
  debug: string;
};

export function serializeException(fault: StandInFault): SerializedException {
  return {
    name: fault.pythonClassName,
    message: fault.message,
    arguments: fault.arguments,
    context: {},
    debug: `Traceback (most recent call last):\n  stand-in\n${fault.pythonClassName}: ${fault.message}\n`,
  };
}

/** What was thrown, as a Python exception: a mistake of the stand-in itself is an unexpected server error. */
export function faultOf(error: unknown): StandInFault {
  return error instanceof StandInFault
    ? error
    : new StandInFault('builtins.RuntimeError', `The stand-in failed: ${String(error)}`);
}

/** JSON-2 checks the signature before the call, so that fault has a class and a status of its own there. */
export function json2Fault(error: unknown): StandInFault {
  const fault = faultOf(error);
  return fault instanceof SignatureFault ? httpFault('UnprocessableEntity', 422, fault.message) : fault;
}

/** One of werkzeug's HTTP exceptions, whose arguments are text and status. */
export function httpFault(name: string, status: number, message: string): StandInFault {
  return new StandInFault(`werkzeug.exceptions.${name}`, message, [message, status]);
}

const statusByName: Readonly<Record<string, number>> = {
  'odoo.exceptions.UserError': 422,
  'odoo.exceptions.ValidationError': 422,
  'odoo.exceptions.AccessError': 403,
  'odoo.exceptions.MissingError': 404,
  'werkzeug.exceptions.BadRequest': 400,
  'werkzeug.exceptions.Unauthorized': 401,
  'werkzeug.exceptions.NotFound': 404,
  'werkzeug.exceptions.UnprocessableEntity': 422,
};

export function json2Status(fault: StandInFault): number {
  return statusByName[fault.pythonClassName] ?? 500;
}
