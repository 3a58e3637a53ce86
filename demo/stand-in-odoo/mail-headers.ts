/**
 * mail.mail keeps its additional headers as the text of a Python dict literal of strings. What is not one
 * reads as no headers, as in Odoo (which logs it and sends the mail without them).
 */
export function readMailHeaders(text: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  if (typeof text !== 'string' || !/^\{.*\}$/s.test(text.trim())) return headers;
  for (const [, name = '', value = ''] of text.matchAll(/'((?:[^'\\]|\\.)*)'\s*:\s*'((?:[^'\\]|\\.)*)'/gs)) {
    headers[unquoted(name)] = unquoted(value);
  }
  return headers;
}

export function writeMailHeaders(headers: Readonly<Record<string, string>>): string {
  const entries = Object.entries(headers).map(([name, value]) => `${quoted(name)}: ${quoted(value)}`);
  return `{${entries.join(', ')}}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

function unquoted(text: string): string {
  return text.replace(/\\(.)/gs, '$1');
}
