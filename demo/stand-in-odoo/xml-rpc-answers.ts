import type { StandInAnswer } from './answer.ts';
import { faultOf } from './fault-answers.ts';
import type { StandInDatabase, StandInFault } from './protocol.ts';
import { dispatchService } from './rpc-services.ts';
import { marshal, MarshalFault } from './xml-rpc-marshal.ts';
import { readMethodCall } from './xml-rpc-request.ts';

/**
 * `POST /xmlrpc/2/<service>` (module rpc, controllers/xmlrpc.py): status 200 whatever happens. The result is
 * written after the commit, so a fault about what cannot be written follows a call that has succeeded.
 */
export async function answerXmlRpc(
  database: StandInDatabase,
  service: string,
  body: string,
): Promise<StandInAnswer> {
  try {
    const { methodName, params } = readMethodCall(body);
    const result = await dispatchService(database, `${service}.${methodName}`, params);
    return xmlAnswer(`<params>\n<param>\n<value>${marshal(result)}</value>\n</param>\n</params>`);
  } catch (error) {
    const fault = marshal(describeFault(error));
    return xmlAnswer(`<fault>\n<value>${fault}</value>\n</fault>`);
  }
}

function describeFault(error: unknown): { faultCode: number; faultString: string } {
  if (error instanceof MarshalFault) {
    return { faultCode: 1, faultString: traceback(error.pythonClass, error.message, error.functions) };
  }
  const fault = faultOf(error);
  const faultCode = faultCodes[fault.pythonClassName] ?? 1;
  return { faultCode, faultString: faultCode === 1 ? tracebackOf(fault) : fault.message };
}

/** UserError and its subclasses share a code, which does not tell them apart. */
const faultCodes: Readonly<Record<string, number>> = {
  'odoo.exceptions.UserError': 2,
  'odoo.exceptions.ValidationError': 2,
  'odoo.exceptions.MissingError': 2,
  'odoo.exceptions.LockError': 2,
  'odoo.exceptions.AccessDenied': 3,
  'odoo.exceptions.AccessError': 4,
};

function tracebackOf({ pythonClassName, message }: StandInFault): string {
  return traceback(pythonClassName.replace(/^builtins\./, ''), message, ['dispatch', 'call_kw']);
}

/** As Python's traceback.format_exception writes it, marks below the source lines included. */
function traceback(pythonClass: string, message: string, functions: readonly string[]): string {
  const frames = functions.map(
    (name, index) =>
      `  File "/usr/lib/stand-in.py", line ${index + 1}, in ${name}\n    stand_in(value)\n    ~~~~~~~~^^^^^^^\n`,
  );
  return `Traceback (most recent call last):\n${frames.join('')}${pythonClass}: ${message}\n`;
}

function xmlAnswer(response: string): StandInAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'text/xml; charset=utf-8' },
    body: `<?xml version="1.0"?>\n<methodResponse>\n${response}\n\n</methodResponse>\n`,
  };
}
