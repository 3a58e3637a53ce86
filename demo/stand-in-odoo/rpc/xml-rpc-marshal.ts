/**
 * Writes a result as Odoo does (module rpc, OdooMarshaller), without the control characters that XML does not know.
 *
 * @throws Error for what XML-RPC cannot carry, such as None and integers over 32 bits
 */
export function marshal(value: unknown): string {
  if (typeof value === 'string') return `<string>${escape(value)}</string>`;
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`;
  if (typeof value === 'number' && value === (value | 0)) return `<int>${value}</int>`;
  if (Array.isArray(value)) {
    const values = value.map((each) => `<value>${marshal(each)}</value>\n`);
    return `<array><data>\n${values.join('')}</data></array>`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([name, member]) =>
        `<member>\n<name>${escape(name)}</name>\n<value>${marshal(member)}</value>\n</member>\n`,
    );
    return `<struct>\n${members.join('')}</struct>`;
  }
  throw new Error(`XML-RPC cannot carry ${String(value)}`);
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
