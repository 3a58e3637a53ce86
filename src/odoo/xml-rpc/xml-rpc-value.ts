import { createRequire } from 'node:module';
import { odooError } from '../odoo-error.ts';
import type { CallSite } from '../odoo-error.ts';

// The serializer recognises custom values by their class, so this must be the same class that odoo-await loads.
const require = createRequire(createRequire(import.meta.url).resolve('odoo-await'));
const { CustomType } = require('xmlrpc') as {
  CustomType: new (raw: string) => { raw: string; tagName: string };
};

/** One scalar, written as `<tagName>text</tagName>` with every special character escaped. */
class XmlRpcScalar extends CustomType {
  constructor(tagName: 'string' | 'i8' | 'double', text: string) {
    super(text);
    this.tagName = tagName;
  }
}

const largestInt = 2 ** 31 - 1;

/**
 * Copies a value into a form that the serializer of odoo-await (package xmlrpc) writes correctly. odoo-await may change
 * the copy. Values have the same meaning as in JSON: undefined members are left out, other undefined values, NaN and
 * infinity are null (`<nil/>`), and a Date becomes its ISO text.
 *
 * Without this, the serializer makes mistakes. It puts texts with `<` or `&` into CDATA, where a carriage return is lost
 * and a second `]]>` breaks the document. It refuses control characters with an error that quotes the text. It writes a
 * Date as local time without a zone, and every whole number as `<int>`. So integers over 32 bits become `<i8>` here, which
 * Python reads. XML 1.0 cannot hold control characters; they are dropped, as Odoo drops them from its own XML-RPC answers
 * (module rpc, OdooMarshaller.dump_unicode).
 *
 * @throws BridgeError ODOO_VALUE for a text or member name that holds half of a surrogate pair
 */
export function toXmlRpcValue(value: unknown, site: CallSite): unknown {
  switch (typeof value) {
    case 'string':
      return new XmlRpcScalar('string', legalText(value, site));
    case 'number':
      return toXmlRpcNumber(value);
    case 'boolean':
      return value;
    case 'object':
      break;
    default:
      return null;
  }
  if (value === null) return null;
  if (value instanceof Date) return toXmlRpcValue(value.toJSON(), site);
  if (Array.isArray(value)) return value.map((each) => toXmlRpcValue(each, site));
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.map(([name, member]) => [legalText(name, site), toXmlRpcValue(member, site)]),
  );
}

function toXmlRpcNumber(value: number): unknown {
  if (!Number.isFinite(value)) return null;
  if (!Number.isInteger(value) || Math.abs(value) <= largestInt) return value;
  return new XmlRpcScalar(Number.isSafeInteger(value) ? 'i8' : 'double', String(value));
}

function legalText(text: string, site: CallSite): string {
  if (!text.isWellFormed()) {
    throw odooError('ODOO_VALUE', site, { details: { reason: 'lone surrogate' } });
  }
  // eslint-disable-next-line no-control-regex -- the characters that XML 1.0 section 2.2 excludes
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
}
