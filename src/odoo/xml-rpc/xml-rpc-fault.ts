import { z } from 'zod';
import type { BridgeError } from '../../errors.ts';
import { faultOfException } from '../fault.ts';
import type { PythonException } from '../fault.ts';
import { odooError } from '../odoo-error.ts';
import type { CallSite } from '../odoo-error.ts';
import { parsePythonTraceback } from '../python-traceback.ts';
import type { PythonTraceback } from '../python-traceback.ts';

/** A fault of `/xmlrpc/2/…`, with which odoo-await rejects. */
export const XmlRpcFault = z.object({ faultCode: z.number(), faultString: z.string() });
export type XmlRpcFault = z.infer<typeof XmlRpcFault>;

/**
 * Whether this fault only says that the method returned None, which Odoo cannot write in XML-RPC. The method has run and
 * its transaction is committed, so this is a success. Repeating the call would do its work twice.
 *
 * None inside a list or a dict raises the same error with the same text. Only the functions in the traceback differ
 * (`dump_array`, `dump_struct` of Python's xmlrpc.client). Then the result is not `null` but lost.
 */
export function isNoneResult({ faultCode, faultString }: XmlRpcFault): boolean {
  const raised = faultCode === 1 ? parsePythonTraceback(faultString) : undefined;
  return (
    raised?.message === 'cannot marshal None unless allow_none is enabled' &&
    raised.functions.at(-1) === 'dump_nil' &&
    !raised.functions.some((name) => ['dump_array', 'dump_struct', 'dump_frozen_dict'].includes(name))
  );
}

/**
 * Maps a fault to an error. Its codes (module rpc, controllers/xmlrpc.py, xmlrpc_handle_exception_int): 2 is UserError
 * and its subclasses, 3 AccessDenied, 4 AccessError, 1 everything else, with a traceback.
 *
 * Code 2 does not name the subclass. A missing record, a lock and a violated SQL constraint have texts of Odoo's own.
 * These are English unless the context of the call has a `lang`, because Odoo translates by nothing else
 * (odoo.orm.environments, Environment.lang). A constraint written in Python has no such text and becomes
 * ODOO_USER_ERROR, which has the same effect for the caller.
 */
export function faultOfXmlRpc(fault: XmlRpcFault, site: CallSite): BridgeError {
  const exception = exceptionOf(fault);
  if (exception === undefined) {
    return odooError('ODOO_NOT_ODOO', site, { details: { faultCode: fault.faultCode } });
  }
  return isAfterCommit(exception)
    ? odooError('ODOO_BAD_ANSWER', site, { details: { exception: exception.name } })
    : faultOfException(exception, site);
}

function exceptionOf({ faultCode, faultString: message }: XmlRpcFault): PythonException | undefined {
  switch (faultCode) {
    case 1:
      return parsePythonTraceback(message) ?? { name: 'unreadable', message: '' };
    case 2:
      return { name: userErrorClass(message), message };
    case 3:
      return { name: 'odoo.exceptions.AccessDenied', message };
    case 4:
      return { name: 'odoo.exceptions.AccessError', message };
    default:
      return undefined;
  }
}

function userErrorClass(message: string): string {
  if (message.startsWith('Record does not exist or has been deleted.\n')) {
    return 'odoo.exceptions.MissingError';
  }
  if (message === 'Cannot grab a lock on records') {
    return 'odoo.exceptions.LockError';
  }
  return message.startsWith('The operation cannot be completed: ')
    ? 'odoo.exceptions.ValidationError'
    : 'odoo.exceptions.UserError';
}

/** Whether it was raised while Odoo wrote the result (xmlrpc.client.Marshaller), after the call had succeeded. */
function isAfterCommit(exception: PythonException | PythonTraceback): boolean {
  return 'functions' in exception && /^(?:__dump|dump_\w+)$/.test(exception.functions.at(-1) ?? '');
}
