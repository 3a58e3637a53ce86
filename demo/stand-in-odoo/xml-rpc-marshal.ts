/** What Python raises when a result cannot be written in XML-RPC, with the functions it came through. */
export class MarshalFault extends Error {
  readonly pythonClass: string;
  readonly functions: readonly string[];

  constructor(pythonClass: string, message: string, functions: readonly string[]) {
    super(message);
    this.name = 'MarshalFault';
    this.pythonClass = pythonClass;
    this.functions = functions;
  }
}

const dumps = ['xmlrpc_2', '_xmlrpc', 'dumps', 'dumps', '__dump'];

/**
 * Writes a result as Odoo does (module rpc, OdooMarshaller): no None, no integer over 32 bits, and without
 * the control characters that XML does not know.
 *
 * @throws MarshalFault
 */
export function marshal(value: unknown, through: readonly string[] = dumps): string {
  if (typeof value === 'string') return `<string>${escape(value)}</string>`;
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`;
  if (typeof value === 'number') return marshalNumber(value, through);
  if (Array.isArray(value)) {
    const inside = [...through, 'dump_array', '__dump'];
    const values = value.map((each) => `<value>${marshal(each, inside)}</value>\n`);
    return `<array><data>\n${values.join('')}</data></array>`;
  }
  if (typeof value === 'object' && value !== null) {
    const inside = [...through, 'dump_struct', '__dump'];
    const members = Object.entries(value).map(
      ([name, member]) =>
        `<member>\n<name>${escape(name)}</name>\n<value>${marshal(member, inside)}</value>\n</member>\n`,
    );
    return `<struct>\n${members.join('')}</struct>`;
  }
  const message = 'cannot marshal None unless allow_none is enabled';
  throw new MarshalFault('TypeError', message, [...through, 'dump_nil']);
}

function marshalNumber(value: number, through: readonly string[]): string {
  if (!Number.isInteger(value)) return `<double>${value}</double>`;
  if (value > 2 ** 31 - 1 || value < -(2 ** 31)) {
    throw new MarshalFault('OverflowError', 'int exceeds XML-RPC limits', [...through, 'dump_long']);
  }
  return `<int>${value}</int>`;
}

function escape(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- those of OdooMarshaller
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
  );
}
