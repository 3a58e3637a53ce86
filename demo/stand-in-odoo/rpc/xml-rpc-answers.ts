import type { StandInFault } from '../faults.ts';
import type { StandInAnswer } from './answer.ts';
import { faultOf } from './fault-answers.ts';
import type { StandInDatabase } from './protocol.ts';
import { dispatchService } from './rpc-services.ts';
import { marshal } from './xml-rpc-marshal.ts';
import { readMethodCall } from './xml-rpc-request.ts';

/**
 * `POST /xmlrpc/2/<service>` (module rpc, controllers/xmlrpc.py): status 200 whatever happens. The result is
 * written after the commit, so the fault about None, which cannot be written, follows a call that has succeeded.
 */
export async function answerXmlRpc(
  database: StandInDatabase,
  service: string,
  body: string,
): Promise<StandInAnswer> {
  try {
    const { methodName, params } = readMethodCall(body);
    const result = await dispatchService(database, `${service}.${methodName}`, params);
    return result === null
      ? faultAnswer(1, noneTraceback)
      : xmlAnswer(`<params>\n<param>\n<value>${marshal(result)}</value>\n</param>\n</params>`);
  } catch (error) {
    const fault = faultOf(error);
    const code = faultCodes[fault.pythonClassName] ?? 1;
    return faultAnswer(code, code === 1 ? tracebackOf(fault) : fault.message);
  }
}

/** UserError and its subclasses share a code. */
const faultCodes: Readonly<Record<string, number>> = {
  'odoo.exceptions.UserError': 2,
  'odoo.exceptions.ValidationError': 2,
  'odoo.exceptions.MissingError': 2,
  'odoo.exceptions.AccessDenied': 3,
  'odoo.exceptions.AccessError': 4,
};

const noneTraceback = traceback(
  ['xmlrpc_2', '_xmlrpc', 'dumps', 'dumps', '__dump', 'dump_nil'],
  'TypeError: cannot marshal None unless allow_none is enabled',
);

function tracebackOf({ pythonClassName, message }: StandInFault): string {
  return traceback(['dispatch', 'call_kw'], `${pythonClassName.replace(/^builtins\./, '')}: ${message}`);
}

/** As Python's traceback.format_exception writes it, marks below the source lines included. */
function traceback(functions: readonly string[], exception: string): string {
  const frames = functions.map(
    (name, index) =>
      `  File "/usr/lib/stand-in.py", line ${index + 1}, in ${name}\n    stand_in(value)\n    ~~~~~~~~^^^^^^^\n`,
  );
  return `Traceback (most recent call last):\n${frames.join('')}${exception}\n`;
}

function faultAnswer(faultCode: number, faultString: string): StandInAnswer {
  return xmlAnswer(`<fault>\n<value>${marshal({ faultCode, faultString })}</value>\n</fault>`);
}

function xmlAnswer(response: string): StandInAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'text/xml; charset=utf-8' },
    body: `<?xml version="1.0"?>\n<methodResponse>\n${response}\n\n</methodResponse>\n`,
  };
}
